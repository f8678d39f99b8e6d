package io.zeoraid.crd;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes the reference of a resource's fields, in Markdown. */
final class Reference {
  /** Fields of Kubernetes' own types: its documentation tells what is in them. */
  private static final Set<String> FOREIGN =
      Set.of("resources", "tolerations", "allowFrom", "allowMetricsFrom");

  private final StringBuilder text = new StringBuilder();
  private final List<ValidationRule> rules = new ArrayList<>();

  private Reference() {}

  static String of(CustomResourceDefinition definition) {
    Reference reference = new Reference();
    reference.write(definition);
    return reference.text.toString();
  }

  private void write(CustomResourceDefinition definition) {
    var names = definition.getSpec().getNames();
    var version = definition.getSpec().getVersions().getFirst();
    JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
    text.append("# Reference: ")
        .append(names.getKind())
        .append("\n\n<!-- Generated from the classes in crds/; a test compares them. -->\n\n`")
        .append(definition.getSpec().getGroup())
        .append('/')
        .append(version.getName())
        .append("`, namespaced, short name `")
        .append(String.join("`, `", names.getShortNames()))
        .append("`. `kubectl explain ")
        .append(names.getSingular())
        .append(".spec` tells the same.\n");
    rules.addAll(schema.getXKubernetesValidations());
    table("spec", requireNonNull(schema.getProperties().get("spec")));
    rules();
    table("status", requireNonNull(schema.getProperties().get("status")));
  }

  private void table(String heading, JSONSchemaProps schema) {
    text.append("\n## ").append(heading).append("\n\n| field | type | meaning |\n|---|---|---|\n");
    rows(heading + ".", schema);
  }

  private void rows(String prefix, JSONSchemaProps schema) {
    rules.addAll(schema.getXKubernetesValidations());
    for (Map.Entry<String, JSONSchemaProps> property : schema.getProperties().entrySet()) {
      JSONSchemaProps field = property.getValue();
      String name = prefix + property.getKey();
      boolean required = schema.getRequired().contains(property.getKey());
      text.append("| `").append(name).append("` | ").append(type(field));
      text.append(required ? ", required" : "");
      if (field.getDefault() != null && field.getDefault().isValueNode()) {
        text.append(", default `").append(field.getDefault().asText()).append('`');
      }
      text.append(" | ").append(field.getDescription().replace("|", "\\|")).append(" |\n");
      if (!FOREIGN.contains(property.getKey())) {
        inner(name, field);
      }
    }
  }

  private void inner(String name, JSONSchemaProps field) {
    if (field.getItems() == null) {
      rows(name + ".", field);
    } else {
      rows(name + "[].", field.getItems().getSchema());
    }
  }

  private static String type(JSONSchemaProps field) {
    if (!field.getEnum().isEmpty()) {
      List<String> values = field.getEnum().stream().map(value -> value.asText()).toList();
      return "`" + String.join("`, `", values) + "`";
    }
    String type = field.getItems() == null ? field.getType() : "list";
    if (field.getMinimum() != null && field.getMaximum() != null) {
      return "%s, %.0f to %.0f".formatted(type, field.getMinimum(), field.getMaximum());
    }
    return type;
  }

  private void rules() {
    text.append("\n### What the API server sees to\n\n");
    rules.stream()
        .map(ValidationRule::getMessage)
        .distinct()
        .forEach(message -> text.append("- ").append(message).append('\n'));
  }
}
