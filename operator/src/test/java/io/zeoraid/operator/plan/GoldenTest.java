package io.zeoraid.operator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.zeoraid.crd.ZeoRaid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What comes of {@code golden/in-*.yaml} is {@code golden/out-*.yaml}. {@code mvn -pl operator -am
 * test -Dgolden.write} writes the latter; read what changed before it is committed.
 */
final class GoldenTest {
  static final Path GOLDEN =
      Path.of(System.getProperty("basedir", "")).resolve("src/test/golden").toAbsolutePath();
  static final Planner PLANNER =
      new Planner(new Settings("zeoraid:test", "zeo:test", "zeoraid-system"));

  @TestFactory
  Stream<DynamicTest> plansWhatIsCommitted() throws IOException {
    List<Path> inputs = inputs();
    assertFalse(inputs.isEmpty());
    return inputs.stream()
        .map(
            input -> DynamicTest.dynamicTest(input.getFileName().toString(), () -> compare(input)));
  }

  private static void compare(Path input) throws IOException {
    Path golden = input.resolveSibling(input.getFileName().toString().replaceFirst("^in-", "out-"));
    String planned =
        PLANNER.plan(read(input), Observed.NOTHING).stream()
            .map(Serialization::asYaml)
            .collect(Collectors.joining());
    if (System.getProperty("golden.write") != null) {
      Files.writeString(golden, planned);
    }
    assertEquals(Files.exists(golden) ? Files.readString(golden) : "", planned);
  }

  static List<Path> inputs() throws IOException {
    try (Stream<Path> files = Files.list(GOLDEN)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("in-"))
          .sorted()
          .toList();
    }
  }

  static ZeoRaid read(Path input) throws IOException {
    return Serialization.unmarshal(Files.readString(input), ZeoRaid.class);
  }

  static List<HasMetadata> plan(String input) throws IOException {
    return PLANNER.plan(read(GOLDEN.resolve("in-" + input + ".yaml")), Observed.NOTHING);
  }
}
