package io.zeoraid.raid;

/** The protocol's promise was broken. */
final class Violation extends AssertionError {
  private static final long serialVersionUID = 1;

  Violation(String what) {
    super(what);
  }
}
