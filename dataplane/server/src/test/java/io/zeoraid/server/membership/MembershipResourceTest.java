package io.zeoraid.server.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.membership.Stored;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class MembershipResourceTest {
  private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

  private static final MembershipRecord RECORD =
      new MembershipRecord(
          9,
          7,
          "zeo-0",
          "10.0.0.7:8100",
          255,
          new TreeMap<>(
              Map.of(
                  new BackendName("a"),
                  BackendState.IN_SYNC,
                  new BackendName("b"),
                  BackendState.RECOVERING,
                  new BackendName("c"),
                  new BackendState.Out(OutReason.FAILED, "no connection"))),
          new Tid(0xff020a1b2c3d4e5fL),
          -1);

  private static final String YAML =
      """
      apiVersion: zeoraid.io/v1alpha1
      kind: ZeoRaidMembership
      metadata:
        name: main
        namespace: zope
        resourceVersion: '12'
      spec:
        revision: 9
        epoch: 7
        primary: zeo-0
        address: 10.0.0.7:8100
        number: 255
        lastTid: ff020a1b2c3d4e5f
        nextOid: '18446744073709551615'
        inSync: [a]
        backends:
        - {name: a, state: InSync}
        - {name: b, state: Recovering}
        - {name: c, state: Out, reason: Failed, text: no connection}
      """;

  private static ZeoRaidMembership parse(String yaml) {
    return SERIALIZATION.unmarshal(yaml, ZeoRaidMembership.class);
  }

  @Test
  void readsWhatKubernetesHolds() {
    assertEquals(new Stored("12", RECORD), MembershipResource.stored(parse(YAML)));
  }

  @Test
  void writesWhatItReads() {
    ZeoRaidMembership written = MembershipResource.of("zope", "main", Optional.of("12"), RECORD);

    assertEquals(
        SERIALIZATION.convertValue(parse(YAML), Map.class),
        SERIALIZATION.convertValue(parse(SERIALIZATION.asJson(written)), Map.class));
    assertEquals(parse(YAML).getSpec(), written.getSpec());
  }

  @Test
  void leavesOutWhatABackendDoesNotHave() {
    String json =
        SERIALIZATION.asJson(MembershipResource.of("zope", "main", Optional.empty(), RECORD));

    assertTrue(json.contains("{\"name\":\"a\",\"state\":\"InSync\"}"), json);
    assertTrue(!json.contains("null") && !json.contains("resourceVersion"), json);
  }

  @ParameterizedTest
  @EnumSource
  void readsEveryReasonThatItWrites(OutReason reason) {
    MembershipRecord record =
        MembershipRecord.first(
            Map.of(
                new BackendName("a"),
                BackendState.IN_SYNC,
                new BackendName("b"),
                new BackendState.Out(reason, "")),
            Tid.NONE);

    assertEquals(
        new Stored("1", record),
        MembershipResource.stored(MembershipResource.of("zope", "main", Optional.of("1"), record)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "spec:                 | status:              | it has no spec",
        "  revision: 9         | ``                   | revision is missing",
        "  primary: zeo-0      | ``                   | primary is missing",
        "  address: 10.0.0.7:8100 | ``                | address is missing",
        "number: 255           | number: 256          | a primary's number is 0-255, not 256",
        "lastTid: ff020a1b2c3d4e5f | lastTid: x       | x",
        "18446744073709551615  | 18446744073709551616 | 18446744073709551616",
        "state: InSync         | state: Recovering    | the in-sync set is never empty",
        "state: Recovering     | state: Lost          | InSync, Recovering or Out, not Lost",
        "reason: Failed, text: | text:                | reason is missing",
        "reason: Failed        | reason: Tired        | not Tired",
        "name: b               | name: a              | the backend a is there twice",
      })
  void saysWhatIsWrong(String found, String instead, String words) {
    ZeoRaidMembership resource = parse(YAML.replace(found, instead));

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> MembershipResource.stored(resource));

    assertTrue(String.valueOf(e.getMessage()).contains(words), e.getMessage());
  }
}
