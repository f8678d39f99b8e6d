package io.zeoraid.operator.servers;

/** What came of a wish. */
public sealed interface Outcome {
  /** A sentence for people. */
  String message();

  /** It was begun. */
  record Granted(String message) implements Outcome {}

  /** Understood and refused; asking again in the same state is of no use. */
  record Refused(String message) implements Outcome {}

  /** Not now, or nobody knows: the server was not reached, or its answer was lost. */
  record Unknown(String message) implements Outcome {}
}
