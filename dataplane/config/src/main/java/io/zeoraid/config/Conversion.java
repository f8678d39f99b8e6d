package io.zeoraid.config;

/** What came of a value. */
sealed interface Conversion<T> {

  record Value<T>(T value) implements Conversion<T> {}

  /**
   * The type doesn't take this.
   *
   * @param hint what may have gone wrong, as a clause to go behind a semicolon; may be empty
   */
  record Unsuitable<T>(String hint) implements Conversion<T> {}

  static <T> Conversion<T> of(T value) {
    return new Value<>(value);
  }

  static <T> Conversion<T> unsuitable() {
    return new Unsuitable<>("");
  }

  static <T> Conversion<T> unsuitable(String hint) {
    return new Unsuitable<>(hint);
  }
}
