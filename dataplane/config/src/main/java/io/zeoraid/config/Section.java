package io.zeoraid.config;

import io.zeoraid.config.DataType.Surroundings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A section seen through its type: hands out values, reports what is wrong with them.
 *
 * <p>What can't be handed out has been reported. So a caller goes on with whatever it gets, and in
 * the end nothing is used if there were errors.
 */
final class Section {

  private final SectionType type;
  private final SectionNode node;
  private final Map<String, String> environment;
  private final Problems problems;
  private final Map<String, List<Entry>> entries = new LinkedHashMap<>();

  private Section(
      SectionType type, SectionNode node, Map<String, String> environment, Problems problems) {
    this.type = type;
    this.node = node;
    this.environment = environment;
    this.problems = problems;
  }

  /**
   * Looks at the keys of a node: unknown ones, refused ones and ones given twice are errors,
   * ignored ones notices.
   */
  static Section of(
      SectionType type, SectionNode node, Map<String, String> environment, Problems problems) {
    Section section = new Section(type, node, environment, problems);
    for (Entry entry : node.entries()) {
      section.sort(entry);
    }
    return section;
  }

  private void sort(Entry entry) {
    Optional<Key> key = type.key(entry.key());
    if (key.isEmpty()) {
      error(entry.at(), unknown(entry));
      return;
    }
    List<Entry> same = entries.computeIfAbsent(entry.key(), _ -> new ArrayList<>());
    if (!same.isEmpty() && !type.repeatable().contains(entry.key())) {
      error(
          entry.at(),
          "%s is given twice, first in %s"
              .formatted(entry.key(), same.getFirst().at().seenFrom(entry.at())));
      return;
    }
    same.add(entry);
    switch (key.get()) {
      case Key.Used<?> used -> check(used, entry);
      case Key.Ignored(String name, Optional<DataType<String>> checked, String notice) -> {
        checked.ifPresent(valueType -> check(Key.of(name, valueType), entry));
        problems.notice(entry.at(), name, notice);
      }
      case Key.Refused(String name, String reason) ->
          error(entry.at(), name + " is not supported: " + reason);
    }
  }

  private String unknown(Entry entry) {
    String near = NearMiss.hint(entry.key(), type.acceptedNames());
    String hint = near.isEmpty() ? hintForUnknown(entry) : near;
    return "%s Allowed: %s"
        .formatted(
            Quoting.sentence("unknown key " + Quoting.quoted(entry.key()) + hint),
            String.join(", ", type.usedNames()));
  }

  private String hintForUnknown(Entry entry) {
    if (entry.value().startsWith("=") || entry.key().contains("=")) {
      return "; key and value are separated by white space, not by '='";
    }
    List<String> others = SectionTypes.thatKnow(entry.key());
    return others.isEmpty() ? "" : "; it is a key of " + String.join(" and ", others);
  }

  SectionNode node() {
    return node;
  }

  /** {@code <zeoclient 1>}. */
  String label() {
    return node.label();
  }

  /** Reports an error in this section. */
  void error(Location at, String message) {
    problems.error(at, label() + ": " + message);
  }

  /** Whether the file gives the key, rightly or wrongly. */
  boolean isGiven(Key key) {
    return entries.containsKey(key.name());
  }

  /**
   * Whether the value of a key is what the file says, or its default because the file is silent.
   */
  boolean isSound(Key.Used<?> key) {
    return !isGiven(key) || !all(key).isEmpty();
  }

  /** Where the key is first given; the section's own line if it is not. */
  Location locationOf(Key key) {
    List<Entry> given = entries.getOrDefault(key.name(), List.of());
    return given.isEmpty() ? node.at() : given.getFirst().at();
  }

  /** The value of a key that has a default. If what is given is wrong: the default. */
  <T> T get(Key.Used<T> key) {
    return find(key)
        .orElseGet(() -> {
          String text = key.defaultText().orElseThrow();
          return switch (key.type().convert(text, surroundings(node.at()))) {
            case Conversion.Value<T>(T value) -> value;
            case Conversion.Unsuitable<T> _ ->
                throw new IllegalStateException(key.name() + " has a bad default: " + text);
          };
        });
  }

  /** The value of a key, if it is given and right. */
  <T> Optional<T> find(Key.Used<T> key) {
    return all(key).stream().findFirst().map(Given::value);
  }

  /** The value of a key that must be given. */
  <T> Optional<T> require(Key.Used<T> key) {
    return requireAll(key).stream().findFirst().map(Given::value);
  }

  /** The values of a key that must be given at least once. */
  <T> List<Given<T>> requireAll(Key.Used<T> key) {
    if (!isGiven(key)) {
      error(node.at(), "%s is missing; it must be %s".formatted(key.name(), key.type().allowed()));
    }
    return all(key);
  }

  /** A value and where it stands. */
  record Given<T>(T value, Location at) {}

  private <T> List<Given<T>> all(Key.Used<T> key) {
    List<Given<T>> values = new ArrayList<>();
    for (Entry entry : entries.getOrDefault(key.name(), List.of())) {
      if (convert(key, entry) instanceof Conversion.Value<T>(T value)) {
        values.add(new Given<>(value, entry.at()));
      }
    }
    return values;
  }

  private <T> Conversion<T> convert(Key.Used<T> key, Entry entry) {
    return entry.broken() || entry.value().isEmpty()
        ? Conversion.unsuitable()
        : key.type().convert(entry.value(), surroundings(entry.at()));
  }

  private void check(Key.Used<?> key, Entry entry) {
    if (entry.broken() || !(convert(key, entry) instanceof Conversion.Unsuitable<?>(String hint))) {
      return;
    }
    String allowed = key.type().allowed();
    error(
        entry.at(),
        entry.value().isEmpty()
            ? "%s has no value; it must be %s".formatted(key.name(), allowed)
            : "%s must be %s, not %s%s"
                .formatted(
                    key.name(),
                    allowed,
                    Quoting.quoted(entry.value()),
                    hintForValue(entry.value(), hint)));
  }

  private static String hintForValue(String value, String hint) {
    if (!hint.isEmpty()) {
      return "; " + hint;
    }
    return value.contains(" #") ? "; a comment needs a line of its own" : "";
  }

  private Surroundings surroundings(Location at) {
    return new Surroundings(at.source().directory(), environment);
  }

  /** The sections inside, of the given types only; others are reported. */
  List<SectionNode> sections(Set<String> types) {
    List<SectionNode> known = new ArrayList<>();
    for (SectionNode inner : node.sections()) {
      if (types.contains(inner.type())) {
        known.add(inner);
      } else {
        error(inner.at(), SectionTypes.misplaced(inner, types));
      }
    }
    return known;
  }

  /** At most one section of those; more are reported. */
  Optional<SectionNode> single(List<SectionNode> found) {
    for (SectionNode second : found.stream().skip(1).toList()) {
      error(
          second.at(),
          "only one <%s> is allowed, and there is one in %s"
              .formatted(second.type(), found.getFirst().at().seenFrom(second.at())));
    }
    return found.stream().findFirst();
  }

  /** A section inside, seen through its type. */
  Section inner(SectionType innerType, SectionNode inner) {
    return of(innerType, inner, environment, problems);
  }

  /** Reports something without effect. */
  void notice(Location at, String what, String text) {
    problems.notice(at, what, text);
  }
}
