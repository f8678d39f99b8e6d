package io.zeoraid.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * How the text of a value becomes something to work with.
 *
 * @param allowed completes "must be …" in a message
 * @param conversion from the text, which is never empty
 */
record DataType<T>(String allowed, BiFunction<String, Surroundings, Conversion<T>> conversion) {

  /**
   * What a value may depend on.
   *
   * @param directory of the file that contains it
   */
  record Surroundings(Path directory, Map<String, String> environment) {}

  Conversion<T> convert(String text, Surroundings surroundings) {
    return conversion.apply(text, surroundings);
  }
}
