package io.zeoraid.operator.status;

import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.crd.ZeoRaidStatus.PackStatus;
import java.util.Map;
import java.util.Optional;

/**
 * What was seen of a RAID.
 *
 * @param raid what a server says; empty if none could be asked
 * @param servers the servers that there are
 * @param serversReady those of them that are ready
 * @param backends what Kubernetes shows of the managed backends, by name
 * @param pending why what runs is not yet as the spec says; empty if it is
 * @param waking whether it wakes up: backends are starting, and no server is there yet
 * @param stalled why the operator can't go on by itself
 * @param pack how far the packs are; empty without a schedule
 */
public record Seen(
    Optional<RaidStatus> raid,
    int servers,
    int serversReady,
    Map<String, Backend> backends,
    Optional<Trouble> pending,
    boolean waking,
    Optional<Trouble> stalled,
    Optional<PackStatus> pack) {

  /**
   * A managed backend, as Kubernetes shows it.
   *
   * @param podUid the UID of its pod, if there is one
   * @param claim the name of its claim
   * @param claimUid the UID of its claim, if there is one
   * @param trouble what keeps its pod from running
   */
  public record Backend(
      Optional<String> podUid,
      String claim,
      Optional<String> claimUid,
      Optional<Trouble> trouble) {}

  /**
   * Something that is wrong.
   *
   * @param reason a word for programs
   * @param message a sentence for people, with what would help
   */
  public record Trouble(String reason, String message) {}
}
