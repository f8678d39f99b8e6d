package io.zeoraid.crd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is committed is what comes of the classes. */
final class CommittedTest {
  private static final Path HERE = Path.of(System.getProperty("basedir", "")).toAbsolutePath();

  @Test
  void definitionOfZeoRaidIsWhatItsClassSays() throws IOException {
    String yaml = Serialization.asYaml(Definitions.of(ZeoRaid.class)).replaceFirst("^---\n", "");
    same(
        HERE.resolve("zeoraids.zeoraid.io-v1.yml"),
        "# Generated from io.zeoraid.crd.ZeoRaid; CommittedTest compares them.\n" + yaml);
  }

  @Test
  void referenceIsWhatTheClassSays() throws IOException {
    same(
        HERE.resolve("../docs/reference-zeoraid.md").normalize(),
        Reference.of(Definitions.of(ZeoRaid.class)));
  }

  private static void same(Path file, String expected) throws IOException {
    if (System.getProperty("crds.write") != null) {
      Files.writeString(file, expected);
    }
    assertEquals(
        expected,
        Files.exists(file) ? Files.readString(file) : "",
        () ->
            file
                + " differs from what its class says; run `mvn -pl crds test -Dcrds.write` and commit the result");
  }
}
