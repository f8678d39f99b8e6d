package io.zeoraid.server.membership;

import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.Stored;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Where the membership record is kept, outside the backends. Never blocks; any thread.
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
