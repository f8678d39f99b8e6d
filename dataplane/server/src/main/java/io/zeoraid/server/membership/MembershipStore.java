package io.zeoraid.server.membership;

import io.zeoraid.raid.membership.Heartbeat;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Where the membership record is kept, outside the backends, and beside it the heartbeat of the
 * primary (R1). Several ZEORaid servers use the same one. Never blocks; any thread.
 *
 * <p>A stage that ends exceptionally means: no answer. After a compare-and-set nobody knows then
 * whether it was carried out.
 */
public interface MembershipStore extends AutoCloseable {

  /** Reads the record; empty if there is none yet. Linearizable. */
  CompletionStage<Optional<Stored>> read();

  /**
   * Replaces the record if its version is still this one.
   *
   * @param version empty if there must be no record yet
   */
  CompletionStage<Outcome> compareAndSet(Optional<String> version, MembershipRecord record);

  /**
   * Tells of records that somebody wrote, as they come: perhaps late, perhaps not of each, on any
   * thread. To be called once.
   */
  void watch(Consumer<Stored> changed);

  /**
   * Shows that this process, the primary with this id, is alive. Nobody waits for it, and a beat
   * that fails is not repeated: the next one comes soon.
   */
  void beat(String primary);

  /** This process does not beat any more: it is not the primary. */
  void endBeats();

  /** The heartbeat as it is now. */
  CompletionStage<Heartbeat> heartbeat();

  @Override
  void close();

  /** What became of a compare-and-set. */
  sealed interface Outcome {

    /** It was carried out. */
    record Written(Stored stored) implements Outcome {}

    /** It was not, because the record is this one. */
    record Refused(Stored current) implements Outcome {}
  }
}
