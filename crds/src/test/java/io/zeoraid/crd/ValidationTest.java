package io.zeoraid.crd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What a real API server takes and refuses. Each file of {@code fixtures/} is a test: one resource
 * to be created, or two, the second of which replaces the first one (whose status counts, too). An
 * {@code invalid-*.yaml} says behind {@code # expect:} what the API server's answer to the last one
 * must contain.
 */
final class ValidationTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("basedir", "")).resolve("src/test/fixtures").toAbsolutePath();
  private static final int INVALID_AT_LEAST = 25;
  private static final ResourceDefinitionContext CONTEXT =
      new ResourceDefinitionContext.Builder()
          .withGroup("zeoraid.io")
          .withVersion("v1alpha1")
          .withKind("ZeoRaid")
          .withPlural("zeoraids")
          .withNamespaced(true)
          .build();

  private final String namespace = ApiServer.get().namespace();

  @TestFactory
  Stream<DynamicTest> takesWhatIsValid() throws IOException {
    return fixtures("valid-").stream()
        .map(file -> DynamicTest.dynamicTest(name(file), () -> check(file, this::send)));
  }

  @TestFactory
  Stream<DynamicTest> refusesWhatIsNotAndSaysWhy() throws IOException {
    List<Path> files = fixtures("invalid-");
    assertTrue(files.size() >= INVALID_AT_LEAST, () -> files.size() + " fixtures");
    return files.stream()
        .map(file -> DynamicTest.dynamicTest(name(file), () -> check(file, this::refused)));
  }

  /** What is done with the last resource of a fixture. */
  private interface Last {
    void check(Path file, GenericKubernetesResource resource, boolean create) throws IOException;
  }

  private void check(Path file, Last last) throws IOException {
    String[] texts = Files.readString(file).split("(?m)^---\n");
    try {
      if (texts.length > 1) {
        GenericKubernetesResource first = read(texts[0]);
        send(file, first, true);
        if (first.getAdditionalProperties().containsKey("status")) {
          client(first).updateStatus();
        }
      }
      last.check(file, read(texts[texts.length - 1]), texts.length == 1);
    } finally {
      ApiServer.get().admin().genericKubernetesResources(CONTEXT).inNamespace(namespace).delete();
    }
  }

  private void send(Path file, GenericKubernetesResource resource, boolean create) {
    NonDeletingOperation<GenericKubernetesResource> strict =
        client(resource).fieldValidation(Validation.STRICT);
    GenericKubernetesResource result = create ? strict.create() : strict.update();
    assertEquals(namespace, result.getMetadata().getNamespace());
  }

  private void refused(Path file, GenericKubernetesResource resource, boolean create)
      throws IOException {
    String expected =
        Files.readAllLines(file).stream()
            .filter(line -> line.startsWith("# expect: "))
            .findFirst()
            .orElseThrow()
            .substring("# expect: ".length());
    String said =
        String.valueOf(
            assertThrows(KubernetesClientException.class, () -> send(file, resource, create))
                .getMessage());
    assertTrue(said.contains(expected), () -> "expected: " + expected + "\nsaid: " + said);
  }

  private Resource<GenericKubernetesResource> client(GenericKubernetesResource resource) {
    return ApiServer.get()
        .admin()
        .genericKubernetesResources(CONTEXT)
        .inNamespace(namespace)
        .resource(resource);
  }

  @SuppressWarnings("unchecked")
  private static GenericKubernetesResource read(String yaml) {
    // So that a fixture says only what it is about.
    Map<String, Object> values = Serialization.unmarshal(yaml, Map.class);
    values.putIfAbsent("apiVersion", "zeoraid.io/v1alpha1");
    values.putIfAbsent("kind", "ZeoRaid");
    values.putIfAbsent("metadata", Map.of("name", "db"));
    return Serialization.unmarshal(Serialization.asJson(values), GenericKubernetesResource.class);
  }

  private static List<Path> fixtures(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(FIXTURES)) {
      return files.filter(file -> name(file).startsWith(prefix)).sorted().toList();
    }
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
