package io.zeoraid.config;

import java.util.Collection;
import java.util.Optional;

/** Finds what somebody may have meant. */
final class NearMiss {

  private static final int MAX_WORD_CHARS = 60;

  private NearMiss() {}

  /** {@code "; did you mean 'server'?"}, or nothing. */
  static String hint(String written, Collection<String> known) {
    return find(written, known).map(near -> "; did you mean '" + near + "'?").orElse("");
  }

  /**
   * The nearest of the known words, if it is near: at most 2 slips of the pen, 1 in a short word.
   * Underscores count as dashes.
   */
  static Optional<String> find(String written, Collection<String> known) {
    if (written.length() > MAX_WORD_CHARS) {
      return Optional.empty();
    }
    String word = written.replace('_', '-');
    int nearest = word.length() <= 4 ? 2 : 3;
    Optional<String> found = Optional.empty();
    for (String candidate : known.stream().sorted().toList()) {
      int distance = distance(word, candidate.replace('_', '-'));
      if (distance < nearest && distance < word.length()) {
        nearest = distance;
        found = Optional.of(candidate);
      }
    }
    return found;
  }

  /**
   * Letters left out, put in, exchanged, or swapped with their neighbour (optimal string
   * alignment).
   */
  static int distance(String a, String b) {
    int[][] steps = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        steps[i][j] = i == 0 || j == 0 ? i + j : cheapest(a, b, i, j, steps);
      }
    }
    return steps[a.length()][b.length()];
  }

  private static int cheapest(String a, String b, int i, int j, int[][] steps) {
    int exchange = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best =
        Math.min(steps[i - 1][j - 1] + exchange, 1 + Math.min(steps[i - 1][j], steps[i][j - 1]));
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, steps[i - 2][j - 2] + 1) : best;
  }
}
