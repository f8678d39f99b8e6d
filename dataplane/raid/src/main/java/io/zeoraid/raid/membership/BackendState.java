package io.zeoraid.raid.membership;

/** The state of one backend in the membership record. */
public sealed interface BackendState {

  /** The word that stands in the record, the status, and metrics. */
  String word();

  /** It holds every acknowledged transaction: it is read from, and every commit goes to it. */
  record InSync() implements BackendState {
    @Override
    public String word() {
      return "in-sync";
    }
  }

  /** A primary is copying to it what it lacks. */
  record Recovering() implements BackendState {
    @Override
    public String word() {
      return "recovering";
    }
  }

  /**
   * It takes no part.
   *
   * @param text what happened, for people
   */
  record Out(OutReason reason, String text) implements BackendState {
    @Override
    public String word() {
      return reason.word();
    }
  }

  /** The one value of {@link InSync}. */
  BackendState IN_SYNC = new InSync();

  /** The one value of {@link Recovering}. */
  BackendState RECOVERING = new Recovering();
}
