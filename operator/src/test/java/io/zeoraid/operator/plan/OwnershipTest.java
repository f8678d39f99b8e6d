package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.zeoraid.control.v1.BackendStatus;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaid;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OwnershipTest {
  private final ZeoRaid wish = GoldenTest.read(GoldenTest.GOLDEN.resolve("in-minimal.yaml"));
  private final List<HasMetadata> children = GoldenTest.plan("minimal");

  OwnershipTest() throws IOException {}

  @Test
  void ownAndOrphanedChildrenAreOurs() {
    HasMetadata child = children.getFirst();
    assertInstanceOf(Ownership.Ours.class, Ownership.of(wish, child));
    child.getMetadata().setOwnerReferences(List.of());
    assertInstanceOf(Ownership.Ours.class, Ownership.of(wish, child));
  }

  @Test
  void whatBearsNoLabelsIsForeign() {
    HasMetadata child = children.getFirst();
    child.getMetadata().setOwnerReferences(List.of());
    child.getMetadata().getLabels().remove(Raid.LABEL);
    assertInstanceOf(Ownership.Foreign.class, Ownership.of(wish, child));
  }

  @Test
  void childOfADeletedRaidOfThisNameIsLeaving() {
    HasMetadata child = children.getFirst();
    child.getMetadata().getOwnerReferences().getFirst().setUid("another");
    assertInstanceOf(Ownership.Leaving.class, Ownership.of(wish, child));
    child.getMetadata().getOwnerReferences().getFirst().setName("elsewhere");
    assertInstanceOf(Ownership.Foreign.class, Ownership.of(wish, child));
  }

  @Test
  void backendGoesOnlyWhenTheServersSayThatItIsNoMember() {
    List<HasMetadata> planned =
        children.stream().filter(child -> !child.getMetadata().getName().equals("db-b")).toList();
    assertEquals(List.of(), left(planned, Optional.empty()));
    assertEquals(List.of(), left(planned, Optional.of(members("a", "b"))));
    // Without a record.
    assertEquals(
        List.of(), left(planned, Optional.of(members("a").toBuilder().setEpoch(0).build())));
    List<HasMetadata> gone = left(planned, Optional.of(members("a")));
    assertEquals(2, gone.size());
    assertTrue(gone.stream().anyMatch(StatefulSet.class::isInstance));
  }

  @Test
  void neverDeletesWhatAnotherOwns() {
    children.forEach(
        child -> child.getMetadata().getOwnerReferences().getFirst().setUid("another"));
    assertEquals(List.of(), left(List.of(), Optional.of(members("a"))));
  }

  private List<HasMetadata> left(List<HasMetadata> planned, Optional<RaidStatus> raid) {
    return Leftovers.of(wish, planned, children, raid);
  }

  private static RaidStatus members(String... names) {
    RaidStatus.Builder raid = RaidStatus.newBuilder().setEpoch(7);
    for (String name : names) {
      raid.addBackends(BackendStatus.newBuilder().setName(name));
    }
    return raid.build();
  }
}
