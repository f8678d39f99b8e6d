package io.zeoraid.crd;

import static java.util.Objects.requireNonNull;

import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Makes the definition of a resource from its class. */
final class Definitions {
  /** What the generator has no annotation for: lists whose items are told apart by a key. */
  private static final Map<String, String> KEYS =
      Map.of("spec.backends", "name", "status.backends", "name", "status.conditions", "type");

  private static final List<String> COLUMNS =
      List.of("Status", "Optimal", "Servers", "Recovering", "Age");

  private Definitions() {}

  static CustomResourceDefinition of(Class<? extends CustomResource<?, ?>> type) {
    CustomResourceDefinition definition =
        Serialization.unmarshal(generated(type), CustomResourceDefinition.class);
    JSONSchemaProps schema =
        definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    schema.setDescription(
        "A RAID-1 of ZEO servers, as somebody wishes it to be: backends, which each hold a copy of everything, and ZEORaid"
            + " servers, to which ZEO clients connect.");
    schema.setRequired(List.of("spec"));
    withoutDoubles(schema);
    KEYS.forEach((path, key) -> makeMap(schema, List.of(path.split("\\.")), key));
    // kubectl shows them in this order; the generator sorts them by path.
    definition
        .getSpec()
        .getVersions()
        .getFirst()
        .getAdditionalPrinterColumns()
        .sort(Comparator.comparing(column -> COLUMNS.indexOf(column.getName())));
    return definition;
  }

  /** The generator finds a rule of a record's component twice, at its field and its accessor. */
  private static void withoutDoubles(JSONSchemaProps schema) {
    schema.setXKubernetesValidations(
        schema.getXKubernetesValidations().stream().distinct().toList());
    schema.getProperties().values().forEach(Definitions::withoutDoubles);
    if (schema.getItems() != null) {
      withoutDoubles(schema.getItems().getSchema());
    }
  }

  private static void makeMap(JSONSchemaProps schema, List<String> path, String key) {
    for (String name : path) {
      schema = requireNonNull(schema.getProperties().get(name), name);
    }
    schema.setXKubernetesListType("map");
    schema.setXKubernetesListMapKeys(List.of(key));
  }

  private static String generated(Class<? extends CustomResource<?, ?>> type) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new CRDGenerator()
        .customResourceClasses(List.of(type))
        .forCRDVersions("v1")
        .withImplicitPreserveUnknownFields(false)
        .withParallelGenerationEnabled(false)
        .withOutput(
            new CRDGenerator.AbstractCRDOutput<ByteArrayOutputStream>() {
              @Override
              protected ByteArrayOutputStream createStreamFor(String name) {
                return bytes;
              }
            })
        .detailedGenerate();
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
