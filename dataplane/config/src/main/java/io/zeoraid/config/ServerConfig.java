package io.zeoraid.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole configuration file, checked. Immutable.
 *
 * @param zeo the {@code <zeo>} section
 * @param storages the {@code <raidstorage>} sections in the order of the file; at least one, names
 *     unique
 * @param eventLog the {@code <eventlog>} section, if there is one
 * @param notices what was accepted without effect, in the order of the file
 */
public record ServerConfig(
    ZeoSection zeo,
    List<RaidStorageConfig> storages,
    Optional<EventLog> eventLog,
    List<Notice> notices) {

  /** Takes copies of the lists. */
  public ServerConfig {
    storages = List.copyOf(storages);
    notices = List.copyOf(notices);
  }

  /**
   * Reads a file, with an empty environment: {@code $(NAME)} is an error and {@code ZEO_MSGPACK} is
   * not seen.
   *
   * @throws ConfigException if the file can't be read or used
   */
  public static ServerConfig load(Path file) throws ConfigException {
    return load(file, Map.of());
  }

  /**
   * Reads a file and what it includes.
   *
   * @param environment for {@code $(NAME)}, {@code ~} and {@code ZEO_MSGPACK}; usually {@code
   *     System.getenv()}
   * @throws ConfigException if the file can't be read or used
   */
  public static ServerConfig load(Path file, Map<String, String> environment)
      throws ConfigException {
    Problems problems = new Problems();
    SectionNode root = new ZConfigReader(problems, environment).readFile(file);
    return new ServerConfigReader(environment, problems).read(root);
  }

  /**
   * Reads a text as if it were a file in a directory, with an empty environment.
   *
   * @param base the directory that relative names are joined to
   * @throws ConfigException if the text can't be used; errors call it {@code <text>}
   */
  public static ServerConfig parse(String text, Path base) throws ConfigException {
    return parse(text, base, Map.of());
  }

  /**
   * Reads a text as if it were a file in a directory.
   *
   * @param base the directory that relative names are joined to
   * @param environment for {@code $(NAME)}, {@code ~} and {@code ZEO_MSGPACK}
   * @throws ConfigException if the text can't be used; errors call it {@code <text>}
   */
  public static ServerConfig parse(String text, Path base, Map<String, String> environment)
      throws ConfigException {
    Problems problems = new Problems();
    SectionNode root = new ZConfigReader(problems, environment).readText(text, base);
    return new ServerConfigReader(environment, problems).read(root);
  }
}
