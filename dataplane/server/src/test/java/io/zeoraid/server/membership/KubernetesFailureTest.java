package io.zeoraid.server.membership;

import static io.zeoraid.server.membership.Eventually.failure;
import static io.zeoraid.server.membership.Eventually.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import io.zeoraid.server.membership.MembershipStore.Outcome;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the store makes of an API server that fails. */
@Timeout(120)
final class KubernetesFailureTest {
  private static final String RECORDS =
      "/apis/zeoraid.io/v1alpha1/namespaces/zope/zeoraidmemberships";
  private static final MembershipRecord FIRST =
      MembershipRecord.first(Map.of(new BackendName("a"), BackendState.IN_SYNC), new Tid(5));
  private static final String STORED =
      """
      {"apiVersion": "zeoraid.io/v1alpha1", "kind": "ZeoRaidMembership",
       "metadata": {"name": "main", "namespace": "zope", "resourceVersion": "7"},
       "spec": {"revision": 1, "epoch": 1, "primary": "", "address": "", "number": 0,
                "lastTid": "0000000000000005", "nextOid": "1",
                "inSync": ["a"], "backends": [{"name": "a", "state": "InSync"}]}}
      """;

  private FakeApiServer server;
  private KubernetesMembershipStore store;

  @BeforeEach
  void open() throws IOException {
    server = new FakeApiServer();
    store =
        new KubernetesMembershipStore(
            KubernetesMembershipStore.client(server.config()), "zope", "main");
  }

  @AfterEach
  void close() {
    server.close();
    store.close();
  }

  private void answerRecords(int code, String body) {
    server.answer(request -> request.contains(RECORDS), code, body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          500 | InternalError      | etcdserver: leader changed | the API server says 500: etcdserver: leader changed
          503 | ServiceUnavailable | later                      | the API server says 503: later
          504 | Timeout            | request did not complete   | the API server says 504: request did not complete
          429 | TooManyRequests    | slow down                  | the API server says 429: slow down
          401 | Unauthorized       | Unauthorized               | does not accept the credentials of this server (Unauthorized); it needs the token of a service account, or a kubeconfig
          403 | Forbidden          | no                         | it is forbidden (no). In namespace zope this server needs a Role
          """)
  void aFailureIsNoAnswerAndIsNotRepeated(int code, String reason, String message, String words) {
    answerRecords(code, FakeApiServer.status(code, reason, message));

    for (CompletionStage<?> stage :
        List.<CompletionStage<?>>of(
            store.read(),
            store.compareAndSet(Optional.empty(), FIRST),
            store.compareAndSet(Optional.of("7"), FIRST))) {
      String said = failure(stage);
      assertTrue(said.contains(words), said);
    }
    assertEquals(3, server.requests().size(), server.requests().toString());
  }

  @Test
  void anApiServerThatHangsIsNoAnswerInTime() {
    long begin = System.nanoTime();

    String said = failure(store.compareAndSet(Optional.of("7"), FIRST));

    assertTrue(
        said.startsWith(
            "can't write ZeoRaidMembership zope/main: the API server does not answer: "),
        said);
    assertTrue(System.nanoTime() - begin < 12_000_000_000L);
  }

  @Test
  void aConnectionThatIsRefusedIsNoAnswer() {
    server.close();

    String said = failure(store.read());

    assertTrue(said.contains("the API server does not answer: "), said);
  }

  @Test
  void beatsThatHangDelayNobody() {
    answerRecords(200, STORED);
    for (int i = 0; i < 20; i++) {
      store.beat("zeo-1");
    }
    Eventually.holds(() -> server.requests().stream().anyMatch(it -> it.contains("/leases/main")));
    long begin = System.nanoTime();

    assertEquals("7", value(store.read()).orElseThrow().version());
    assertEquals(
        new Outcome.Written(value(store.read()).orElseThrow()),
        value(store.compareAndSet(Optional.of("7"), FIRST)));

    assertTrue(System.nanoTime() - begin < 3_000_000_000L);
    // One under way, and one more that waits.
    assertEquals(1, server.requests().stream().filter(it -> it.contains("/leases")).count());
  }

  @Test
  void readingsDoNotAskACache() {
    answerRecords(200, STORED);

    value(store.read());

    assertEquals(List.of("GET " + RECORDS + "/main"), server.requests());
  }

  @Test
  void aConflictIsFollowedByAReadingOfTheRecord() {
    server.answer(
        it -> it.startsWith("PATCH"), 409, FakeApiServer.status(409, "Conflict", "changed"));
    answerRecords(200, STORED);

    Outcome outcome = value(store.compareAndSet(Optional.of("6"), FIRST));

    assertEquals(new Outcome.Refused(value(store.read()).orElseThrow()), outcome);
  }

  @Test
  void aRecordThatCannotBeUnderstoodIsNoAnswerRatherThanNoRecord() {
    answerRecords(200, STORED.replace("\"epoch\": 1,", ""));

    String said = failure(store.read());

    assertEquals(
        "ZeoRaidMembership zope/main is not a membership record: epoch is missing. Restore it; don't"
            + " delete it lightly",
        said);
  }

  @Test
  void anApiServerWithoutTheDefinitionIsNoAnswerRatherThanNoRecord() {
    server.answer(_ -> true, 404, "404 page not found");

    String said = failure(store.read());

    assertTrue(said.contains("install crds/zeoraidmemberships.zeoraid.io-v1.yml"), said);
  }

  @Test
  void aWatchThatIsRefusedOrEndsBeginsAnew() {
    String gone = FakeApiServer.status(410, "Expired", "too old resource version");
    List<Stored> told = new CopyOnWriteArrayList<>();
    server.answer(it -> it.contains("watch=true"), 410, gone);
    store.watch(told::add);
    awaitWatches(2);

    // The client takes this for a server without web sockets.
    server.answerInstead(
        it -> it.contains("watch=true"),
        200,
        "{\"type\": \"ERROR\", \"object\": " + gone.strip() + "}\n");
    awaitWatches(3);

    server.answerInstead(
        it -> it.contains("watch=true"),
        200,
        "{\"type\": \"ADDED\", \"object\": " + STORED.replace("\n", "") + "}\n");
    Eventually.holds(() -> !told.isEmpty());
    assertEquals("7", told.getFirst().version());
    assertTrue(
        server.requests().getFirst().contains("fieldSelector=metadata.name%3Dmain"),
        server.requests().getFirst());
  }

  /** So many more than there were. */
  private void awaitWatches(int count) {
    int before = server.requests().size();
    Eventually.holds(() -> server.requests().size() >= before + count);
  }

  @Test
  void aClosedStoreGivesNoAnswer() {
    answerRecords(200, STORED);
    store.close();
    store.beat("zeo-1");

    assertEquals("the membership store is closed", failure(store.read()));
  }
}
