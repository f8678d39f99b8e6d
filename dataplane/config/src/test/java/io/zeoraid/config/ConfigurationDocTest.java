package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} says what the code does: the same keys, defaults and limits. */
class ConfigurationDocTest {

  /** The heading that describes a section type. */
  private static final Map<SectionType, String> HEADINGS =
      Map.of(
          ZeoReader.TYPE, "## `<zeo>`",
          RaidStorageReader.TYPE, "## `<raidstorage NAME>`",
          BackendReader.TYPE, "## `<zeoclient NAME>`",
          SslReader.SERVER, "## `<ssl>` in `<zeo>`",
          SslReader.CONTROL, "## `<control-ssl>` in `<zeo>`",
          SslReader.CLIENT, "## `<ssl>` in `<zeoclient NAME>`",
          EventLogReader.TYPE, "## `<eventlog>`",
          EventLogReader.LOGFILE, "## `<logfile>`");

  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern LIMITS =
      Pattern.compile("between ([0-9.]+(?:KB|MB|GB)?) and ([0-9.]+(?:KB|MB|GB)?)");

  /** The cells of the table rows under each heading that begin with a key. */
  private static final Map<String, List<List<String>>> ROWS = new HashMap<>();

  private static final List<String> EXAMPLES = new ArrayList<>();

  @BeforeAll
  static void readPage() throws IOException {
    Path page = Path.of(System.getProperty("basedir", "")).resolve("../../docs/configuration.md");
    String heading = "";
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("## ")) {
        heading = line;
      } else if (line.startsWith("| `")) {
        List<String> cells = List.of(line.substring(2, line.length() - 2).split(" \\| ", -1));
        ROWS.computeIfAbsent(heading, _ -> new ArrayList<>()).add(cells);
      }
    }
    Matcher example =
        Pattern.compile("^```\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
            .matcher(Files.readString(page));
    while (example.find()) {
      EXAMPLES.add(example.group(1));
    }
  }

  @Test
  void describesEverySectionType() {
    assertEquals(SectionTypes.ALL.size(), HEADINGS.size());
    SectionTypes.ALL.forEach(type -> assertTrue(ROWS.containsKey(HEADINGS.get(type)), type.name()));
  }

  @Test
  void namesEveryKeyWithItsDefault() {
    for (SectionType type : SectionTypes.ALL) {
      Map<String, String> accepted = new TreeMap<>();
      type.keys().forEach(key -> accepted.put(key.name(), summary(key)));

      Map<String, String> described = new TreeMap<>();
      rows(type).forEach(cells -> described.put(code(cells.getFirst()), summary(cells)));

      assertEquals(accepted, described, type.name());
      assertEquals(accepted.size(), rows(type).size(), type.name() + ": every key once");
    }
  }

  @Test
  void namesTheLimits() {
    for (SectionType type : SectionTypes.ALL) {
      for (List<String> cells : rows(type)) {
        if (type.key(code(cells.getFirst())).orElseThrow() instanceof Key.Used<?> key) {
          Matcher limits = LIMITS.matcher(key.type().allowed());
          if (limits.find()) {
            assertEquals(
                limits.group(1) + " to " + limits.group(2),
                limitsIn(cells.get(1)),
                type.name() + " " + key.name());
          }
        }
      }
    }
  }

  @Test
  void saysWhichKeysAreRequired() throws ConfigException {
    for (String key : List.of("address", "server")) {
      assertTrue(
          EXAMPLES.getFirst().contains(key + " "), "the example gives " + key + ", as it must");
    }
    assertEquals("required", row(ZeoReader.TYPE, "address").get(2));
    assertEquals("required", row(BackendReader.TYPE, "server").get(2));
    assertEquals("required", row(SslReader.SERVER, "certificate").get(2));
    assertEquals("required", row(SslReader.SERVER, "authenticate").get(2));
    assertEquals("required", row(SslReader.CONTROL, "certificate").get(2));
    assertEquals("required", row(SslReader.CONTROL, "authenticate").get(2));
    assertEquals("required", row(SslReader.CLIENT, "certificate").get(2));
    assertEquals("required", row(EventLogReader.LOGFILE, "path").get(2));
    long required =
        ROWS.values().stream()
            .flatMap(List::stream)
            .filter(cells -> cells.size() == 4 && cells.get(2).equals("required"))
            .count();
    assertEquals(8, required);
  }

  @Test
  void showsAnExampleThatCanBeUsed() throws ConfigException {
    assertEquals(1, EXAMPLES.size());
    ServerConfig config = ServerConfig.parse(EXAMPLES.getFirst(), Path.of(""));

    assertEquals(List.of(), config.notices());
    assertEquals(
        List.of("north", "south", "east"),
        config.storages().getFirst().backends().stream().map(BackendConfig::name).toList());
  }

  /** A key as the page must show it: with its default, or as an old one. */
  private static String summary(Key key) {
    return switch (key) {
      case Key.Used<?> used -> used.defaultText().map(text -> "default " + text).orElse("used");
      case Key.Ignored _, Key.Refused _ -> "old";
    };
  }

  private static String summary(List<String> cells) {
    if (cells.size() == 2) {
      return "old";
    }
    String defaultCell = cells.get(2);
    return switch (defaultCell) {
      // Its default is an environment variable's.
      case "none", "required", "`ZEO_MSGPACK`" -> "used";
      default -> "default " + code(defaultCell);
    };
  }

  private static List<List<String>> rows(SectionType type) {
    return ROWS.getOrDefault(HEADINGS.getOrDefault(type, ""), List.of());
  }

  private static List<String> row(SectionType type, String key) {
    return rows(type).stream()
        .filter(cells -> code(cells.getFirst()).equals(key))
        .findFirst()
        .orElseThrow();
  }

  private static String code(String cell) {
    Matcher matcher = CODE.matcher(cell);
    assertTrue(matcher.find(), cell);
    return matcher.group(1);
  }

  /** {@code size, 64KB to 64GB} → {@code 64KB to 64GB}; times in seconds. */
  private static String limitsIn(String cell) {
    Matcher matcher = Pattern.compile("(?:([0-9.]+\\w*) to|up to) ([0-9.]+\\w*)").matcher(cell);
    assertTrue(matcher.find(), cell);
    String from = matcher.group(1) == null ? "0" : matcher.group(1);
    return from + " to " + inSeconds(matcher.group(2));
  }

  private static String inSeconds(String time) {
    long number = Long.parseLong(time.replaceAll("[^0-9]", ""));
    return switch (time.charAt(time.length() - 1)) {
      case 'h' -> String.valueOf(number * 3600);
      case 'd' -> String.valueOf(number * 86_400);
      default -> time;
    };
  }
}
