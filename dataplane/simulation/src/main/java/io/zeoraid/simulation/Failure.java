package io.zeoraid.simulation;

import io.zeoraid.raid.Safeguard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run that did not keep a promise, told so that somebody can look into it.
 *
 * @param what what was violated; null if the run passed when it was repeated
 */
record Failure(
    long seed,
    boolean isLong,
    Set<Safeguard> leftOut,
    long millis,
    @Nullable Throwable what,
    Path transcript) {

  /** Runs the seed once more, and writes down what happens. */
  static Failure of(long seed, boolean isLong, Set<Safeguard> leftOut, Path transcript)
      throws IOException {
    RandomRun run = new RandomRun(seed, isLong, true, leftOut);
    Throwable what = null;
    try {
      run.run();
    } catch (Violation | RuntimeException e) {
      what = e;
    }
    Files.write(transcript, run.transcript());
    return new Failure(seed, isLong, leftOut, run.millis(), what, transcript);
  }

  /** One line that runs it again. */
  String replay() {
    return "./dev simulate --from "
        + seed
        + " --seeds 1"
        + (isLong ? " --long" : "")
        + leftOut.stream().map(s -> " --without " + s).sorted().collect(Collectors.joining());
  }

  @Override
  public String toString() {
    return "seed "
        + seed
        + (isLong ? ", long" : "")
        + (leftOut.isEmpty() ? "" : ", without " + leftOut)
        + ": at "
        + millis
        + " ms: "
        + what
        + "\n  transcript: "
        + transcript.toAbsolutePath()
        + "\n  again: "
        + replay();
  }
}
