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
   * @param text what happened, for people; cut off where it is longer than a record may hold
   */
  record Out(OutReason reason, String text) implements BackendState {

    /** In UTF-16 units; the definition of {@code ZeoRaidMembership} has the same bound. */
    public static final int MAX_TEXT = 1000;

    public Out {
      if (text.length() > MAX_TEXT) {
        int end = MAX_TEXT - 1;
        text = text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
        text += "…";
      }
    }

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
