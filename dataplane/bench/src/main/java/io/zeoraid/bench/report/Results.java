package io.zeoraid.bench.report;

import io.zeoraid.bench.servers.Targets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** All that was measured, in the order in which it began. Confined to one thread. */
public final class Results {
  /** The echo server, as a target: what the load generator itself can do. */
  public static final String CEILING = "ceiling";

  private record Key(String workload, String target) {}

  private final Map<Key, List<Round>> rounds = new LinkedHashMap<>();
  private final String baseline;

  /** All is compared with the stock server. */
  public Results() {
    this(Targets.STOCK);
  }

  /**
   * @param baseline the name of the target that all others are compared with
   */
  Results(String baseline) {
    this.baseline = baseline;
  }

  /** One more round. */
  public void add(String workload, String target, Round round) {
    rounds.computeIfAbsent(new Key(workload, target), key -> new ArrayList<>()).add(round);
  }

  /** What was measured of this workload against this target. */
  public Optional<Result> find(String workload, String target) {
    return Optional.ofNullable(rounds.get(new Key(workload, target)))
        .map(measured -> new Result(workload, target, measured));
  }

  /** Everything. */
  public List<Result> all() {
    List<Result> all = new ArrayList<>();
    rounds.forEach((key, measured) -> all.add(new Result(key.workload(), key.target(), measured)));
    return all;
  }

  /**
   * A value as a multiple of the baseline's: the median of the multiples of the single rounds, for
   * within a round the machine was the same for both. Empty if there is none to compare with.
   */
  public OptionalDouble ratio(Result result, ToDoubleFunction<Round> value) {
    Optional<Result> compared = find(result.workload(), baseline);
    if (compared.isEmpty() || result.target().equals(CEILING)) {
      return OptionalDouble.empty();
    }
    List<Round> theirs = compared.get().rounds();
    List<Round> ours = result.rounds();
    double[] ratios =
        IntStream.range(0, Math.min(ours.size(), theirs.size()))
            .filter(i -> value.applyAsDouble(theirs.get(i)) > 0)
            .mapToDouble(i -> value.applyAsDouble(ours.get(i)) / value.applyAsDouble(theirs.get(i)))
            .toArray();
    return ratios.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(Result.median(ratios));
  }

  /**
   * How many times the load generator could do the most that it had to do in this workload; empty
   * if one of them was not measured.
   */
  public OptionalDouble headroom(String workload) {
    double most =
        all().stream()
            .filter(result -> result.workload().equals(workload))
            .filter(result -> !result.target().equals(CEILING))
            .mapToDouble(Result::perSecond)
            .max()
            .orElse(0);
    Optional<Result> ceiling = find(workload, CEILING);
    return most > 0 && ceiling.isPresent()
        ? OptionalDouble.of(ceiling.get().perSecond() / most)
        : OptionalDouble.empty();
  }
}
