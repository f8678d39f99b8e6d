package io.zeoraid.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** From the tree of a whole file to the records. */
final class ServerConfigReader {

  static final int MAX_STORAGES = 64;

  private static final Set<String> SECTIONS = Set.of("zeo", "raidstorage", "eventlog", "runner");

  private final Map<String, String> environment;
  private final Problems problems;

  ServerConfigReader(Map<String, String> environment, Problems problems) {
    this.environment = environment;
    this.problems = problems;
  }

  /**
   * Reads the tree.
   *
   * @throws ConfigException if anything is wrong with it, or was with the file before
   */
  ServerConfig read(SectionNode root) throws ConfigException {
    checkTopLevel(root);
    Optional<ZeoSection> zeo =
        required(root, "zeo", "it says where clients connect")
            .flatMap(node -> ZeoReader.read(node, environment, problems));
    RaidStorageReader raids =
        new RaidStorageReader(
            environment, problems, new AddressClaims(zeo.map(ZeoSection::address)));
    List<SectionNode> raidNodes = ofType(root, "raidstorage");
    if (raidNodes.isEmpty()) {
      problems.error(
          root.at(),
          "a <raidstorage NAME> section is missing: it holds the backends, as <zeoclient NAME>"
              + " sections");
    }
    if (raidNodes.size() > MAX_STORAGES) {
      problems.error(
          raidNodes.get(MAX_STORAGES).at(), "more than " + MAX_STORAGES + " storages are too many");
    }
    List<RaidStorageConfig> storages = raidNodes.stream().map(raids::read).toList();
    Optional<EventLog> eventLog =
        optional(root, "eventlog").map(node -> EventLogReader.read(node, environment, problems));
    optional(root, "runner").ifPresent(this::noteRunner);
    if (zeo.isEmpty() || problems.anyErrors()) {
      throw problems.exception();
    }
    return new ServerConfig(zeo.get(), storages, eventLog, problems.notices());
  }

  private void checkTopLevel(SectionNode root) {
    for (Entry entry : root.entries()) {
      List<String> owners = SectionTypes.thatKnow(entry.key());
      problems.error(
          entry.at(),
          "key %s stands outside of any section%s"
              .formatted(
                  Quoting.quoted(entry.key()),
                  owners.isEmpty() ? "" : "; it is a key of " + String.join(" and ", owners)));
    }
    for (SectionNode node : root.sections()) {
      if (!SECTIONS.contains(node.type())) {
        problems.error(node.at(), SectionTypes.misplaced(node, SECTIONS));
      }
    }
  }

  private Optional<SectionNode> required(SectionNode root, String type, String purpose) {
    Optional<SectionNode> found = optional(root, type);
    if (found.isEmpty()) {
      problems.error(root.at(), "a <%s> section is missing: %s".formatted(type, purpose));
    }
    return found;
  }

  private Optional<SectionNode> optional(SectionNode root, String type) {
    List<SectionNode> found = ofType(root, type);
    for (SectionNode second : found.stream().skip(1).toList()) {
      problems.error(
          second.at(),
          "only one <%s> is allowed, and there is one in %s"
              .formatted(type, found.getFirst().at().seenFrom(second.at())));
    }
    return found.stream().findFirst();
  }

  private void noteRunner(SectionNode node) {
    problems.notice(
        node.at(),
        "<runner>",
        "has no effect: it is for zdaemon. Whatever starts the server, systemd or Kubernetes, also"
            + " restarts it.");
  }

  private static List<SectionNode> ofType(SectionNode root, String type) {
    return root.sections().stream().filter(node -> node.type().equals(type)).toList();
  }
}
