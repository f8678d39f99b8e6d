package io.zeoraid.server.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps that a real API server takes and refuses, by the rules of the definition. */
@Timeout(120)
final class MembershipRulesTest {

  /** {@code a Out Failed} → an entry of the backends. */
  private static final Pattern BACKEND =
      Pattern.compile("\\b(\\w+) (InSync|Recovering|Out|Lost)(?: (\\w+))?");

  private static final String BEFORE =
      """
      revision: 7, epoch: 3, primary: zeo-0, address: '10.0.0.1:8100', number: 255,
      lastTid: 03f00000000000aa, nextOid: '99', inSync: [a, b],
      backends: [a InSync, b InSync, c Recovering, d Out Failed]
      """;

  private static String namespace = "";
  private static int count;

  @BeforeAll
  static void start() {
    namespace = ApiServer.get().namespace();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "revision: 8",
        "revision: 8, lastTid: 03f00000000000ab",
        "revision: 8, nextOid: '100'",
        "revision: 8, nextOid: '18446744073709551615'",
        "revision: 8, address: 'zeo-0.example.org:8100'",
        "revision: 8, epoch: 4, primary: zeo-1, number: 0, address: '10.0.0.2:8100'",
        "revision: 8, epoch: 4, primary: '', address: ''",
        "revision: 8, epoch: 4, inSync: [a],"
            + " backends: [a InSync, b Out Failed, c Recovering, d Out Failed]",
        "revision: 8, epoch: 4, inSync: [a, b, c],"
            + " backends: [a InSync, b InSync, c InSync, d Out Failed]",
        "revision: 8, epoch: 4," + " backends: [a InSync, b InSync, c Recovering, d Recovering]",
        "revision: 8, epoch: 4, backends: [a InSync, b InSync, c Recovering, d Out Missing]",
        // The configuration changed.
        "revision: 8, epoch: 4, backends: [a InSync, b InSync, c Recovering]",
        "revision: 8, epoch: 4, inSync: [b], backends: [b InSync, c Recovering, d Out Failed]",
        "revision: 8, epoch: 4,"
            + " backends: [a InSync, b InSync, c Recovering, d Out Failed, e Out Missing]",
        // A new primary that changes states at once.
        "revision: 8, epoch: 4, primary: zeo-1, number: 0, inSync: [a],"
            + " backends: [a InSync, b Out Missing, c Recovering, d Out Failed]",
        // The order of lists does not count.
        "revision: 8, inSync: [b, a],"
            + " backends: [d Out Failed, b InSync, a InSync, c Recovering]",
      })
  void takes(String step) {
    Resource<GenericKubernetesResource> record = create("");

    GenericKubernetesResource after = patch(record, step);

    assertEquals(Integer.valueOf(8), after.get("spec", "revision"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          epoch: 4                          | the revision grows by exactly one
          revision: 7, nextOid: '100'       | the revision grows by exactly one
          revision: 6                       | the revision grows by exactly one
          revision: 9                       | the revision grows by exactly one
          revision: 8, epoch: 2             | the epoch grows by exactly one
          revision: 8, epoch: 4             | the epoch grows by exactly one
          revision: 8, primary: ''          | the epoch grows by exactly one
          revision: 8, epoch: 5, primary: '' | the epoch grows by exactly one
          revision: 8, backends: [a InSync, b InSync, c Recovering, d Out Missing] | the epoch grows by exactly one
          revision: 8, backends: [a InSync, b InSync, c Recovering] | the epoch grows by exactly one
          revision: 8, epoch: 4, inSync: [], backends: [a Out Failed, b Out Failed, c Recovering, d Out Failed] | at least one backend is InSync
          revision: 8, epoch: 4, inSync: [a, b, d], backends: [a InSync, b InSync, c Recovering, d InSync] | a backend becomes InSync only by being Recovering
          revision: 8, epoch: 4, inSync: [a, b, e], backends: [a InSync, b InSync, c Recovering, d Out Failed, e InSync] | a new backend begins as Out
          revision: 8, epoch: 4, backends: [a InSync, b InSync, c Recovering, d Out Failed, e Recovering] | a new backend begins as Out
          revision: 8, epoch: 4, backends: [a InSync, b InSync, c Recovering, d Out Failed, e Out Failed] | a new backend begins as Out
          revision: 8, lastTid: 03f00000000000a9 | lastTid never goes back
          revision: 8, lastTid: 03f00000000000AB | should match
          revision: 8, lastTid: 3f00000000000ab  | should match
          revision: 8, nextOid: '98'        | nextOid never goes back
          revision: 8, nextOid: '9'         | nextOid never goes back
          revision: 8, nextOid: '0100'      | should match
          revision: 8, number: 0            | a new primary has the number after
          revision: 8, epoch: 4, primary: zeo-1 | a new primary has the number after
          revision: 8, epoch: 4, primary: zeo-1, number: 1 | a new primary has the number after
          revision: 8, epoch: 4, primary: '', number: 0 | a new primary has the number after
          revision: 8, number: 256          | less than or equal to 255
          revision: 8, inSync: [a]          | inSync holds the names
          revision: 8, inSync: [a, b, c]    | inSync holds the names
          revision: 8, inSync: [a, b, x]    | inSync holds the names
          revision: 8, inSync: null         | Required value
          revision: 8, primary: null        | Required value
          revision: 8, epoch: 4, backends: [a InSync, b InSync, c Recovering, d Out] | a backend has a reason if and only if it is Out
          revision: 8, epoch: 4, backends: [a InSync, b InSync, c Recovering Failed, d Out Failed] | a backend has a reason if and only if it is Out
          revision: 8, epoch: 4, backends: [a InSync, b InSync, {name: c, state: Recovering, text: x}, d Out Failed] | only a backend that is Out has a text
          revision: 8, epoch: 4, backends: [a InSync, b InSync, c Lost, d Out Failed] | Unsupported value
          revision: 8, epoch: 4, backends: [a InSync, a InSync, b InSync, c Recovering, d Out Failed] | Duplicate value
          """)
  void refuses(String step, String words) {
    Resource<GenericKubernetesResource> record = create("");

    String said = refusal(() -> patch(record, step));

    assertTrue(said.contains(words), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          inSync: [a]                       | inSync holds the names
          inSync: [], backends: [c Recovering] | at least one backend is InSync
          backends: []                      | should have at least 1 items
          lastTid: x                        | should match
          revision: -1                      | greater than or equal to 0
          """)
  void refusesAFirstRecord(String change, String words) {
    String said = refusal(() -> create(change));

    assertTrue(said.contains(words), said);
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 17})
  void takesSixteenBackendsWithNamesAsLongAsTheConfigurationAllows(int size) {
    StringBuilder backends = new StringBuilder("[");
    StringBuilder inSync = new StringBuilder("[");
    for (int i = 0; i < size; i++) {
      String name = "%0100d".formatted(i);
      backends.append("{name: '").append(name).append("', state: InSync}, ");
      inSync.append("'").append(name).append("', ");
    }
    String record = "backends: " + backends + "], inSync: " + inSync + "]";
    if (size > 16) {
      String said = refusal(() -> create(record));
      assertTrue(said.contains("must have at most 16 items"), said);
    } else {
      // All rules together keep within the API server's budget.
      patch(create(record), "revision: 8, nextOid: '100'");
    }
  }

  private static String refusal(Runnable step) {
    KubernetesClientException e = assertThrows(KubernetesClientException.class, step::run);
    assertEquals(422, e.getCode(), e.getMessage());
    return String.valueOf(e.getMessage());
  }

  private static MixedOperation<GenericKubernetesResource, ?, Resource<GenericKubernetesResource>>
      resources() {
    return ApiServer.get()
        .admin()
        .genericKubernetesResources(
            new ResourceDefinitionContext.Builder()
                .withGroup("zeoraid.io")
                .withVersion("v1alpha1")
                .withKind("ZeoRaidMembership")
                .withPlural("zeoraidmemberships")
                .withNamespaced(true)
                .build());
  }

  /** The record of before, but for what is to be changed in it. */
  private static Resource<GenericKubernetesResource> create(String changes) {
    Map<String, Object> spec = new LinkedHashMap<>(map(BEFORE));
    spec.putAll(map(changes));
    GenericKubernetesResource record = new GenericKubernetesResource();
    record.setApiVersion("zeoraid.io/v1alpha1");
    record.setKind("ZeoRaidMembership");
    record.setMetadata(new ObjectMetaBuilder().withName("record-" + count++).build());
    record.setAdditionalProperty("spec", spec);
    GenericKubernetesResource created =
        resources().inNamespace(namespace).resource(record).create();
    return resources().inNamespace(namespace).resource(created);
  }

  private static Map<String, Object> map(String text) {
    byte[] yaml = ("spec: {" + entries(text) + "}").getBytes(StandardCharsets.UTF_8);
    return Serialization.unmarshal(
            new ByteArrayInputStream(yaml),
            new TypeReference<Map<String, Map<String, Object>>>() {})
        .getOrDefault("spec", Map.of());
  }

  private static GenericKubernetesResource patch(
      Resource<GenericKubernetesResource> record, String step) {
    return record.patch(PatchContext.of(PatchType.JSON_MERGE), "spec: {" + entries(step) + "}");
  }

  private static String entries(String text) {
    return BACKEND
        .matcher(text)
        .replaceAll(found ->
            "{name: %s, state: %s%s}"
                .formatted(
                    found.group(1),
                    found.group(2),
                    found.group(3) == null ? "" : ", reason: " + found.group(3)));
  }
}
