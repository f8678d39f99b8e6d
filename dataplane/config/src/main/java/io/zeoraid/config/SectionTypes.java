package io.zeoraid.config;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Set;

/** All section types, for messages and for the documentation. */
final class SectionTypes {

  /** In the order of the documentation. */
  static final List<SectionType> ALL =
      List.of(
          ZeoReader.TYPE,
          RaidStorageReader.TYPE,
          BackendReader.TYPE,
          SslReader.SERVER,
          SslReader.CONTROL,
          SslReader.CLIENT,
          EventLogReader.TYPE,
          EventLogReader.LOGFILE);

  private SectionTypes() {}

  /** The section types with this key, as {@code <zeo>}. */
  static List<String> thatKnow(String key) {
    return ALL.stream()
        .filter(type -> type.key(key).isPresent())
        .map(type -> "<" + type.name() + ">")
        .distinct()
        .toList();
  }

  /** Why a section can't stand where only those types can. */
  static String misplaced(SectionNode section, Set<String> allowed) {
    if (allowed.isEmpty()) {
      return section.label() + " is not allowed here: no section is";
    }
    String near = NearMiss.hint(section.type(), allowed);
    if (near.isEmpty() && isBackend(section.type())) {
      return section.label() + " must stand within a <raidstorage NAME> section";
    }
    if (near.isEmpty() && isOtherStorage(section.type())) {
      return section.label()
          + " is not supported: only <zeoclient NAME> within a <raidstorage NAME> is. Let a ZEO"
          + " server of its own serve that storage, and give its address in a <zeoclient NAME>";
    }
    return "%s Allowed: %s"
        .formatted(
            Quoting.sentence(section.label() + " is not allowed here" + near),
            allowed.stream().sorted().map(type -> "<" + type + ">").collect(joining(", ")));
  }

  private static boolean isOtherStorage(String type) {
    return type.endsWith("storage") && !type.equals(RaidStorageReader.TYPE.name());
  }

  private static boolean isBackend(String type) {
    return BackendReader.SECTIONS.contains(type);
  }
}
