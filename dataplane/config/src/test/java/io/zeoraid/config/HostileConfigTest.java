package io.zeoraid.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that nobody should write, and some do: each ends in a message, soon. */
class HostileConfigTest {

  private static final String RIGHT =
      """
      <zeo>
        address 8100
      </zeo>
      <raidstorage 1>
        <zeoclient 1>
          server $(SERVER)
        </zeoclient>
      </raidstorage>
      """;

  @TempDir Path directory = Path.of("");

  @Test
  void refusesDeepNesting() {
    assertEquals(
        "<text>:17: <a> is nested too deeply: at most 16 levels", message("<a>\n".repeat(100_000)));
  }

  @Test
  void refusesHugeLines() {
    assertEquals(
        "<text>:1: the line is longer than 16384 characters",
        firstError("server " + "x".repeat(20_000) + "\n" + RIGHT));
  }

  @Test
  void shortensWhatItQuotes() {
    assertEquals(
        "<text>:1: key '" + "k".repeat(60) + "…' stands outside of any section",
        firstError("k".repeat(10_000) + " value\n" + RIGHT));
  }

  @Test
  void refusesNulBytesOncePerFile() throws IOException {
    Path file = write("zeo.conf", RIGHT + "\0\n<\0z\0e\0o\0>\n".repeat(10));

    assertEquals(
        file + ":9: the line contains the control character U+0000; is this a text file?",
        load(file).getMessage());
  }

  @Test
  void refusesWhatIsNotUtf8() throws IOException {
    Path file = directory.resolve("zeo.conf");
    Files.write(file, new byte[] {'#', '\n', '#', ' ', (byte) 0xe4, '\n'});

    assertEquals(file + ":2: this line is not UTF-8 text", load(file).getMessage());
  }

  @Test
  void namesTheLineThatIsNotUtf8InAnIncludedFile() throws IOException {
    Path included = directory.resolve("part.conf");
    Files.write(included, new byte[] {'#', '\n', (byte) 0xff});
    Path file = write("zeo.conf", "%include part.conf\n" + RIGHT);

    assertEquals(
        file + ":1: %include: " + included + ", line 2: this line is not UTF-8 text",
        load(file).getMessage());
  }

  @Test
  void refusesFilesThatAreHugeTogether() throws IOException {
    for (int i = 0; i < 5; i++) {
      write(i + ".conf", "#\n".repeat(500 * 1024));
    }
    Path file =
        write(
            "zeo.conf",
            "%include 0.conf\n%include 1.conf\n%include 2.conf\n%include 3.conf\n%include 4.conf\n"
                + RIGHT);

    assertEquals(
        "%s:5: %%include: %s is one too many: all files together are larger than 4194304 bytes"
            .formatted(file, directory.resolve("4.conf")),
        load(file).getMessage());
  }

  @Test
  void refusesFilesThatCannotBeRead() throws IOException {
    Path missing = directory.resolve("missing.conf");

    assertEquals(missing + ": the file does not exist", load(missing).getMessage());
    assertEquals(directory + ": the file is a directory", load(directory).getMessage());
  }

  @Test
  void refusesHugeFiles() throws IOException {
    Path file = write("zeo.conf", "#\n".repeat(512 * 1024) + "#");

    assertEquals(
        file + ": the file is larger than 1048576 bytes, too much for a configuration",
        load(file).getMessage());
    assertEquals(
        "<text>: is larger than 1048576 characters, too much for a configuration",
        message("#".repeat(1024 * 1024 + 1)));
  }

  @Test
  void refusesIncludesInACircle() throws IOException {
    Path first = write("first.conf", "%include second.conf\n" + RIGHT);
    Path second = write("second.conf", "\n%include ./first.conf\n");

    assertEquals(
        second + ":2: %include: " + directory.resolve("./first.conf") + " includes itself",
        load(first).getMessage().lines().findFirst().orElseThrow());
  }

  @Test
  void refusesIncludesInACircleOverALink() throws IOException {
    Path first = write("first.conf", "%include link.conf\n" + RIGHT);
    Path link = Files.createSymbolicLink(directory.resolve("link.conf"), first);

    assertEquals(
        first + ":1: %include: " + link + " includes itself",
        load(first).getMessage().lines().findFirst().orElseThrow());
  }

  @Test
  void readsAFileThatIsIncludedTwice() throws IOException, ConfigException {
    write("define.conf", "%define X y\n");
    Path file = write("zeo.conf", "%include define.conf\n%include define.conf\n" + RIGHT);

    assertEquals(1, ServerConfig.load(file, Map.of("SERVER", "zeo:1")).storages().size());
  }

  @Test
  void refusesIncludesThatMultiply() throws IOException {
    for (int i = 0; i < 8; i++) {
      write(i + ".conf", "%%include %d.conf\n".formatted(i + 1).repeat(10));
    }
    write("8.conf", "#");

    assertTrue(
        load(directory.resolve("0.conf"))
            .getMessage()
            .contains("is one file too many: at most 64 are read"));
  }

  @Test
  void refusesIncludesThatGoDeep() throws IOException {
    for (int i = 0; i < 20; i++) {
      write(i + ".conf", "%%include %d.conf\n".formatted(i + 1));
    }

    assertEquals(
        "%s:1: %%include: %s is included more than 8 levels deep"
            .formatted(directory.resolve("8.conf"), directory.resolve("9.conf")),
        load(directory.resolve("0.conf")).errors().getLast().toString());
  }

  @Test
  void refusesDefinitionsThatMultiply() {
    StringBuilder text = new StringBuilder("%define X0 0123456789\n");
    for (int i = 1; i < 30; i++) {
      text.append("%%define X%d %s\n".formatted(i, ("$X" + (i - 1)).repeat(10)));
    }

    assertEquals(
        "<text>:5: %define X4: the value is longer than 65536 characters after substitution",
        firstError(text + RIGHT));
  }

  @Test
  void refusesControlCharactersFromTheEnvironment() {
    ConfigException exception =
        assertThrows(
            ConfigException.class,
            () -> ServerConfig.parse(RIGHT, directory, Map.of("SERVER", "zeo:1\nstorage 2")));

    assertEquals(
        "<text>:6: key 'server': the environment's variable 'SERVER' contains a control character",
        exception.getMessage());
  }

  @Test
  void listsNoMoreThanAHundredErrors() {
    String message = message("colour red\n".repeat(1000) + RIGHT);

    assertEquals(101, message.lines().count());
    assertTrue(message.endsWith("\nand 900 more errors"), message);
  }

  @Test
  void survivesNoise() {
    String[] pieces = {
      "<",
      ">",
      "/",
      "zeo",
      "raidstorage",
      "zeoclient",
      " ",
      "\n",
      "%define",
      "$",
      "{",
      "(",
      "A",
      "1",
      "%include",
      "server",
      "8100",
      "\t",
      "#",
      "\u00a0",
      "\0",
      "\uD800",
      "address",
      "[",
      ":",
      "</zeo>\n",
      "<zeo>\n"
    };
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      assertThrows(
          ConfigException.class,
          () -> ServerConfig.parse(text.toString(), directory),
          "seed " + seed);
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static ConfigException load(Path file) {
    return assertThrows(
        ConfigException.class, () -> ServerConfig.load(file, Map.of("SERVER", "zeo:1")));
  }

  private String message(String text) {
    return assertThrows(
            ConfigException.class,
            () -> ServerConfig.parse(text, directory, Map.of("SERVER", "zeo:1")))
        .getMessage();
  }

  private String firstError(String text) {
    return message(text).lines().findFirst().orElseThrow();
  }
}
