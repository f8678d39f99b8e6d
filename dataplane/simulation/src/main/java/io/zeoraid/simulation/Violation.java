package io.zeoraid.simulation;

/** A property did not hold. */
public final class Violation extends AssertionError {
  private static final long serialVersionUID = 1;

  Violation(String what) {
    super(what);
  }
}
