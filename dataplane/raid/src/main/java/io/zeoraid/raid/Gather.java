package io.zeoraid.raid;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a number of answers that come in any order, and hands them on together, in key order.
 */
final class Gather<K extends Comparable<K>, V extends @Nullable Object> {
  private final SortedMap<K, V> answers = new TreeMap<>();
  private final Consumer<SortedMap<K, V>> done;
  private final int expected;

  /**
   * @param expected how many answers there will be; with 0 the {@code done} is called at once
   */
  Gather(int expected, Consumer<SortedMap<K, V>> done) {
    this.expected = expected;
    this.done = done;
    if (expected == 0) {
      done.accept(answers);
    }
  }

  void put(K key, V answer) {
    answers.put(key, answer);
    if (answers.size() == expected) {
      done.accept(answers);
    }
  }
}
