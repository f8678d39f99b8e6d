package io.zeoraid.server.membership;

import static io.zeoraid.server.membership.Eventually.failure;
import static io.zeoraid.server.membership.Eventually.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.membership.Stored;
import io.zeoraid.server.membership.MembershipStore.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The store against a real API server. */
@Timeout(120)
final class KubernetesMembershipStoreTest {
  private static final BackendName A = new BackendName("a");
  private static final BackendName B = new BackendName("b");
  private static final MembershipRecord FIRST =
      MembershipRecord.first(
          Map.of(A, BackendState.IN_SYNC, B, new BackendState.Out(OutReason.MISSING, "new")),
          new Tid(5));
  private static final MembershipRecord SECOND =
      FIRST.takenOverBy("zeo-1", "10.0.0.1:8100").nextRevision();

  private final List<MembershipStore> opened = new ArrayList<>();
  private String namespace;
  private MembershipStore store;
  private MembershipStore other;

  @BeforeEach
  void open() {
    namespace = ApiServer.get().namespace();
    store = open(ApiServer.get().config());
    other = open(ApiServer.get().config());
  }

  private MembershipStore open(Config config) {
    MembershipStore one =
        new KubernetesMembershipStore(KubernetesMembershipStore.client(config), namespace, "main");
    opened.add(one);
    return one;
  }

  @AfterEach
  void close() {
    opened.forEach(MembershipStore::close);
  }

  private Resource<ZeoRaidMembership> resource() {
    return ApiServer.get()
        .admin()
        .resources(ZeoRaidMembership.class)
        .inNamespace(namespace)
        .withName("main");
  }

  private Resource<Lease> lease() {
    return ApiServer.get().admin().leases().inNamespace(namespace).withName("main");
  }

  // The record.

  @Test
  void thereIsNoRecordAtFirst() {
    assertEquals(Optional.empty(), value(store.read()));
  }

  @Test
  void whatOneWritesTheOtherReads() {
    Stored first = written(store, Optional.empty(), FIRST);
    assertEquals(FIRST, first.record());
    assertEquals(Optional.of(first), value(other.read()));

    Stored second = written(other, Optional.of(first.version()), SECOND);

    assertEquals(SECOND, second.record());
    assertEquals(Optional.of(second), value(store.read()));
  }

  @Test
  void aChangeOfAnotherVersionIsRefusedWithTheRecordThatIsThere() {
    Stored first = written(store, Optional.empty(), FIRST);
    Stored second = written(store, Optional.of(first.version()), SECOND);

    // Also if it would be a step that nobody may take.
    for (MembershipRecord late : List.of(SECOND, FIRST, SECOND.nextRevision())) {
      assertEquals(
          new Outcome.Refused(second),
          value(other.compareAndSet(Optional.of(first.version()), late)));
      assertEquals(new Outcome.Refused(second), value(other.compareAndSet(Optional.empty(), late)));
    }
    assertEquals(Optional.of(second), value(store.read()));
  }

  @Test
  void oneOfManyMakesTheFirstRecord() {
    List<CompletableFuture<Outcome>> attempts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      attempts.add(
          (i % 2 == 0 ? store : other)
              .compareAndSet(Optional.empty(), FIRST)
              .toCompletableFuture());
    }

    assertEquals(
        1,
        attempts.stream()
            .map(CompletableFuture::join)
            .filter(Outcome.Written.class::isInstance)
            .count());
  }

  @Test
  void noChangeIsLost() {
    written(store, Optional.empty(), FIRST);
    CompletableFuture<String> here =
        CompletableFuture.supplyAsync(() -> StoreProcess.count(store, 15));
    CompletableFuture<String> there =
        CompletableFuture.supplyAsync(() -> StoreProcess.count(other, 15));
    here.join();
    there.join();

    assertEquals(
        FIRST.revision() + 30, value(store.read()).map(it -> it.record().revision()).orElse(0L));
  }

  @Test
  void anUnsafeStepHasNoAnswerAndSaysWhy() {
    Stored first = written(store, Optional.empty(), FIRST);

    String words =
        failure(
            store.compareAndSet(
                Optional.of(first.version()),
                FIRST.with(Map.of(B, BackendState.IN_SYNC)).nextRevision()));

    assertTrue(words.startsWith("can't write ZeoRaidMembership " + namespace + "/main"), words);
    assertTrue(words.contains("a backend becomes InSync only by being Recovering before"), words);
    assertEquals(Optional.of(first), value(store.read()));
  }

  @Test
  void aTextThatIsVeryLongIsCutOffRatherThanRefused() {
    MembershipRecord record =
        FIRST
            .with(Map.of(B, new BackendState.Out(OutReason.FAILED, "\ud83d\ude00".repeat(5000))))
            .nextRevision();
    Stored first = written(store, Optional.empty(), FIRST);

    Stored second = written(store, Optional.of(first.version()), record);

    assertEquals(record, second.record());
    assertEquals(Optional.of(second), value(other.read()));
  }

  @Test
  void aChangeLeavesWhatOthersHaveWrittenBesideTheRecord() {
    Stored first = written(store, Optional.empty(), FIRST);
    resource()
        .edit(it -> {
          it.getMetadata().setLabels(Map.of("team", "zope"));
          return it;
        });

    Outcome.Refused refused =
        assertInstanceOf(
            Outcome.Refused.class,
            value(store.compareAndSet(Optional.of(first.version()), SECOND)));
    assertEquals(FIRST, refused.current().record());
    written(store, Optional.of(refused.current().version()), SECOND);

    assertEquals(Map.of("team", "zope"), resource().get().getMetadata().getLabels());
  }

  @Test
  void aRecordThatHasVanishedIsNoAnswerAndIsNotMadeAnew() {
    Stored first = written(store, Optional.empty(), FIRST);
    resource().delete();

    assertTrue(failure(store.read()).contains("has vanished"));
    assertTrue(
        failure(store.compareAndSet(Optional.of(first.version()), SECOND))
            .contains("has vanished"));
    assertTrue(failure(store.compareAndSet(Optional.empty(), FIRST)).contains("has vanished"));
    // One who never saw it knows its version, and that is enough.
    assertTrue(
        failure(other.compareAndSet(Optional.of(first.version()), SECOND))
            .contains("has vanished"));
    assertEquals(null, resource().get());
  }

  @Test
  void aNamespaceThatIsNotThereIsNoAnswer() {
    namespace = "missing";
    String words = failure(open(ApiServer.get().config()).compareAndSet(Optional.empty(), FIRST));

    assertTrue(words.contains("namespaces \"missing\" not found"), words);
  }

  // The watch.

  @Test
  void aWatchTellsOfWhatIsThereAndOfWhatOthersWrite() {
    Stored first = written(store, Optional.empty(), FIRST);
    List<Stored> told = new CopyOnWriteArrayList<>();
    other.watch(told::add);
    Eventually.holds(() -> told.contains(first));

    Stored second = written(store, Optional.of(first.version()), SECOND);

    Eventually.holds(() -> told.contains(second));
  }

  @Test
  void aWatchBeginsBeforeThereIsARecord() {
    List<Stored> told = new CopyOnWriteArrayList<>();
    other.watch(told::add);

    Stored first = written(store, Optional.empty(), FIRST);

    Eventually.holds(() -> told.contains(first));
  }

  // The heartbeat.

  @Test
  void eachBeatShowsAnotherMark() {
    assertEquals(new Heartbeat.Silent(), value(other.heartbeat()));
    store.beat("zeo-1");
    Heartbeat.Beating first = beating(other, "zeo-1");
    assertEquals(first, value(other.heartbeat()));

    store.beat("zeo-1");

    Eventually.see(() -> beating(other, "zeo-1").mark(), mark -> !mark.equals(first.mark()));
  }

  @Test
  void aPrimaryThatEndsItsBeatsIsSilentUnlessItsSuccessorBeats() {
    store.beat("zeo-1");
    beating(other, "zeo-1");
    store.endBeats();
    Eventually.see(() -> value(other.heartbeat()), Heartbeat.Silent.class::isInstance);

    store.beat("zeo-1");
    beating(other, "zeo-1");
    other.beat("zeo-2");
    beating(other, "zeo-2");
    store.close();

    assertEquals("zeo-2", beating(other, "zeo-2").primary());
  }

  @Test
  void aStoreThatIsClosedIsSilent() {
    store.beat("zeo-1");
    beating(other, "zeo-1");

    store.close();

    assertEquals(new Heartbeat.Silent(), value(other.heartbeat()));
  }

  @Test
  void aBeatLeavesWhatOthersHaveWrittenBesideIt() {
    store.beat("zeo-1");
    beating(store, "zeo-1");
    lease()
        .edit(it -> {
          it.getMetadata().setLabels(Map.of("team", "zope"));
          return it;
        });

    store.beat("zeo-2");
    beating(store, "zeo-2");

    assertEquals(Map.of("team", "zope"), lease().get().getMetadata().getLabels());
  }

  // The rights.

  @Test
  void theRoleOfTheDocumentationIsEnoughAndItsLackIsSaidInWords() {
    Config config =
        new ConfigBuilder(ApiServer.get().config())
            .withImpersonateUsername("system:serviceaccount:" + namespace + ":zeoraid")
            .withImpersonateGroups("system:serviceaccounts", "system:authenticated")
            .build();
    MembershipStore server = open(config);
    for (String words :
        List.of(
            failure(server.read()),
            failure(server.compareAndSet(Optional.empty(), FIRST)),
            failure(server.heartbeat()))) {
      assertTrue(words.contains("it is forbidden"), words);
      assertTrue(
          words.contains(
              "In namespace "
                  + namespace
                  + " this server needs a Role with get, create, patch and watch on"
                  + " zeoraidmemberships.zeoraid.io, and get, create, patch and update on"
                  + " leases.coordination.k8s.io"),
          words);
    }
    List<Stored> told = new CopyOnWriteArrayList<>();
    server.watch(told::add);

    grant();

    Eventually.see(
        () -> server.read().handle((it, trouble) -> trouble == null).toCompletableFuture().join(),
        answered -> answered);
    Stored first = written(server, Optional.empty(), FIRST);
    Stored second = written(server, Optional.of(first.version()), SECOND);
    Eventually.holds(() -> told.contains(second));
    server.beat("zeo-1");
    beating(server, "zeo-1");
    server.endBeats();
    Eventually.see(() -> value(server.heartbeat()), Heartbeat.Silent.class::isInstance);
  }

  private void grant() {
    ApiServer.get()
        .admin()
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("zeoraid")
                .endMetadata()
                .withRules(
                    new PolicyRuleBuilder()
                        .withApiGroups("zeoraid.io")
                        .withResources("zeoraidmemberships")
                        .withVerbs("get", "create", "patch", "watch")
                        .build(),
                    new PolicyRuleBuilder()
                        .withApiGroups("coordination.k8s.io")
                        .withResources("leases")
                        .withVerbs("get", "create", "patch", "update")
                        .build())
                .build())
        .create();
    ApiServer.get()
        .admin()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("zeoraid")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", "zeoraid")
                .addNewSubject(null, "ServiceAccount", "zeoraid", namespace)
                .build())
        .create();
  }

  private static Heartbeat.Beating beating(MembershipStore store, String primary) {
    return assertInstanceOf(
        Heartbeat.Beating.class,
        Eventually.see(
            () -> value(store.heartbeat()),
            it -> it instanceof Heartbeat.Beating beat && beat.primary().equals(primary)));
  }

  private static Stored written(
      MembershipStore store, Optional<String> version, MembershipRecord record) {
    return assertInstanceOf(Outcome.Written.class, value(store.compareAndSet(version, record)))
        .stored();
  }
}
