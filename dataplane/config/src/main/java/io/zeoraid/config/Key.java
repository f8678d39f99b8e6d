package io.zeoraid.config;

import java.util.Optional;

/** A key that a section type knows. */
sealed interface Key {

  /** In lower case. */
  String name();

  /**
   * A key with an effect.
   *
   * @param defaultText what it is taken to be if the file is silent, written as in the file; empty
   *     if there is no default
   */
  record Used<T>(String name, DataType<T> type, Optional<String> defaultText) implements Key {}

  /**
   * A key that is taken without effect.
   *
   * @param checked what the value must be all the same; empty if it may be anything
   * @param notice what takes its place
   */
  record Ignored(String name, Optional<DataType<String>> checked, String notice) implements Key {}

  /**
   * A key that can be neither obeyed nor passed over.
   *
   * @param reason as a clause to go behind a colon
   */
  record Refused(String name, String reason) implements Key {}

  static <T> Used<T> of(String name, DataType<T> type) {
    return new Used<>(name, type, Optional.empty());
  }

  static <T> Used<T> of(String name, DataType<T> type, String defaultText) {
    return new Used<>(name, type, Optional.of(defaultText));
  }

  static Ignored ignored(String name, String notice) {
    return new Ignored(name, Optional.empty(), notice);
  }

  static Ignored ignored(String name, DataType<String> checked, String notice) {
    return new Ignored(name, Optional.of(checked), notice);
  }
}
