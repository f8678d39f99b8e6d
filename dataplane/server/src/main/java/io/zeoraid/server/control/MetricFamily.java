package io.zeoraid.server.control;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.ArrayList;
import java.util.List;

/**
 * A metric with its help text, while the series of one scrape are gathered. Its series have the
 * same label names.
 */
final class MetricFamily {
  private final Collector.Type type;
  private final String name;
  private final String help;
  private final List<String> labelNames;
  private final List<Sample> samples = new ArrayList<>();

  private MetricFamily(Collector.Type type, String name, String help, List<String> labelNames) {
    this.type = type;
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
  }

  /** Something that goes up and down. */
  static MetricFamily gauge(String name, String help, String... labelNames) {
    return new MetricFamily(Collector.Type.GAUGE, name, help, List.of(labelNames));
  }

  /**
   * Something that only grows.
   *
   * @param name ends in {@code _total}
   */
  static MetricFamily counter(String name, String help, String... labelNames) {
    return new MetricFamily(Collector.Type.COUNTER, name, help, List.of(labelNames));
  }

  /** Durations by size. */
  static MetricFamily histogram(String name, String help, String... labelNames) {
    return new MetricFamily(Collector.Type.HISTOGRAM, name, help, List.of(labelNames));
  }

  /** One more series of a gauge or counter. */
  void add(double value, String... labels) {
    samples.add(new Sample(name, labelNames, List.of(labels), value));
  }

  /** One more series of a gauge or counter. It is exact up to 2 to the 53rd. */
  void add(long value, String... labels) {
    add((double) value, labels);
  }

  /** One more series of a gauge: 1 or 0. */
  void add(boolean holds, String... labels) {
    add(holds ? 1L : 0L, labels);
  }

  /** One more series of a histogram. */
  void add(LatencyHistogram histogram, String... labels) {
    List<String> bucketNames = with(labelNames, "le");
    double[] bounds = LatencyHistogram.boundsSeconds();
    long[] counts = histogram.counts();
    double cumulative = 0;
    for (int i = 0; i < counts.length; i++) {
      cumulative += counts[i];
      List<String> bucket = with(List.of(labels), Collector.doubleToGoString(bounds[i]));
      samples.add(new Sample(name + "_bucket", bucketNames, bucket, cumulative));
    }
    samples.add(new Sample(name + "_count", labelNames, List.of(labels), cumulative));
    samples.add(new Sample(name + "_sum", labelNames, List.of(labels), histogram.sumSeconds()));
  }

  MetricFamilySamples samples() {
    return new MetricFamilySamples(name, type, help, samples);
  }

  private static List<String> with(List<String> list, String last) {
    var longer = new ArrayList<>(list);
    longer.add(last);
    return longer;
  }
}
