package io.zeoraid.operator.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The template of pods as it was planned, with the part of the spec that it was planned from. Both
 * are kept in annotations of the workload, so that another operator, which would plan another
 * template from the same spec, restarts nothing ({@code docs/adr/0022}).
 *
 * @param wish the part of the spec, as JSON
 * @param template what was planned from it, without the defaults of the API server
 */
public record Template(String wish, PodTemplateSpec template) {
  private static final String WISH = "zeoraid.io/template-wish";
  private static final String PLANNED = "zeoraid.io/template";
  private static final ObjectMapper JSON =
      new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);

  /** Planned just now, from these settings of the spec; those that are null count as not set. */
  static Template planned(Map<String, @Nullable Object> wish, PodTemplateSpec template) {
    Map<String, Object> set = new TreeMap<>();
    wish.forEach((name, value) -> {
      if (value != null) {
        set.put(name, value);
      }
    });
    return new Template(json(set), template);
  }

  /** That of a workload; empty if it has none that can be read. */
  static Optional<Template> of(HasMetadata workload) {
    Map<String, String> annotations = workload.getMetadata().getAnnotations();
    String wish = annotations == null ? null : annotations.get(WISH);
    String planned = annotations == null ? null : annotations.get(PLANNED);
    if (wish == null || planned == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Template(wish, JSON.readValue(planned, PodTemplateSpec.class)));
    } catch (JsonProcessingException e) {
      // Somebody wrote it by hand; what is planned now takes its place.
      return Optional.empty();
    }
  }

  /** This one, or the one that there is, if that came of the same wish. */
  Template unlessWishedBefore(@Nullable Template before) {
    return before != null && before.wish.equals(wish) ? before : this;
  }

  boolean differs(@Nullable Template before) {
    return before != null && !Objects.equals(before.template, template);
  }

  Map<String, String> annotations() {
    return Map.of(WISH, wish, PLANNED, json(template));
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
