package io.zeoraid.raid;

import java.util.function.Consumer;

/** What this server is to its RAID at the moment ("State" in {@code docs/replication.md}). */
sealed interface Role {

  /** It looks for a primary to follow, or is about to make itself primary ({@link FindPrimary}). */
  record Seeking() implements Role {}

  /** It knows a primary through which transactions are committed: itself, or another server. */
  sealed interface WithPrimary extends Role permits Term, Following {

    /**
     * Has a transaction voted on.
     *
     * @param again whether it was accepted under the former primary
     */
    Passage vote(Transaction transaction, boolean again, Consumer<Passage.Vote> voted);
  }
}
