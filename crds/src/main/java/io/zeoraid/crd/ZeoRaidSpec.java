package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What somebody wishes of a RAID. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "self.backends.all(b, has(b.external) || b.?managed.?storage.?size.hasValue()"
            + " || self.?backendTemplate.?storage.?size.hasValue())",
    message =
        "each managed backend needs a size: set backendTemplate.storage.size, or managed.storage.size in each of backends",
    fieldPath = ".backends")
@ValidationRule(
    value =
        "!has(self.backendTemplate) || !has(self.backendTemplate.storage) || !has(self.backendTemplate.storage.size)"
            + " || self.backends.all(b, !has(b.managed) || !has(b.managed.storage) || !has(b.managed.storage.size)"
            + " || quantity(b.managed.storage.size).compareTo(quantity(self.backendTemplate.storage.size)) >= 0)",
    message =
        "managed.storage.size of a backend must be at least backendTemplate.storage.size: all hold the same",
    fieldPath = ".backends")
@ValidationRule(
    value =
        "!has(oldSelf.backendTemplate) || !has(oldSelf.backendTemplate.storage) || !has(oldSelf.backendTemplate.storage.size)"
            + " || (has(self.backendTemplate) && has(self.backendTemplate.storage) && has(self.backendTemplate.storage.size))",
    message = "backendTemplate.storage.size may grow, but can't be removed: a size never shrinks",
    fieldPath = ".backendTemplate")
@ValidationRule(
    value =
        "(has(oldSelf.backendTemplate) && has(oldSelf.backendTemplate.storage) && has(oldSelf.backendTemplate.storage.storageClassName))"
            + " == (has(self.backendTemplate) && has(self.backendTemplate.storage) && has(self.backendTemplate.storage.storageClassName))",
    message =
        "backendTemplate.storage.storageClassName can't be added or removed: the storage class of a backend can't change",
    fieldPath = ".backendTemplate")
public record ZeoRaidSpec(
    @Required
        @Size(min = 1, max = 16) @JsonPropertyDescription(
            "The backends of the RAID, each a ZEO server with a copy of everything. One that is added is filled from those in"
                + " sync; the volume of one that is removed stays until somebody deletes it.")
        List<Backend> backends,
    @JsonPropertyDescription(
            "What the managed backends have in common. A backend's own settings go before these.")
        @Nullable ManagedBackend backendTemplate,
    @Default("{}")
        @JsonPropertyDescription(
            "The ZEORaid servers, to which Zope connects as to any ZEO server.")
        @Nullable Servers servers,
    @JsonPropertyDescription("When backends are rebuilt.") @Nullable Recovery recovery,
    @JsonPropertyDescription(
            "When the backends are packed. Without it nothing is packed but by hand: zeoraid pack.")
        @Nullable Pack pack,
    @JsonPropertyDescription("Who may reach the servers and backends by the network.")
        @Nullable NetworkAccess network,
    @JsonPropertyDescription(
            "How Prometheus finds the metrics of the servers. Without it nothing is created.")
        @Nullable Monitoring monitoring,
    @JsonPropertyDescription(
            "The operator changes nothing of this RAID while this is true; it goes on telling its status. The RAID itself goes on.")
        @Nullable Boolean paused,
    @JsonPropertyDescription(
            "Servers and backends are stopped while this is true; the volumes stay.")
        @Nullable Boolean hibernated) {

  /** One backend. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "!(has(self.managed) && has(self.external))",
      message = "a backend is either managed or external, not both")
  @ValidationRule(
      value = "has(self.external) == has(oldSelf.external)",
      message =
          "a backend stays managed or external; take another name for the new one, and remove this one once that is in sync")
  @ValidationRule(
      value =
          "!has(oldSelf.managed) || !has(oldSelf.managed.storage) || !has(oldSelf.managed.storage.size)"
              + " || (has(self.managed) && has(self.managed.storage) && has(self.managed.storage.size))",
      message = "managed.storage.size may grow, but can't be removed: a size never shrinks")
  @ValidationRule(
      value =
          "(has(oldSelf.managed) && has(oldSelf.managed.storage) && has(oldSelf.managed.storage.storageClassName))"
              + " == (has(self.managed) && has(self.managed.storage) && has(self.managed.storage.storageClassName))",
      message =
          "managed.storage.storageClassName can't be added or removed: the storage class of a backend can't change")
  public record Backend(
      @Required
          @Size(min = 1, max = 30) @io.fabric8.generator.annotation.Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") @JsonPropertyDescription(
              "Its name in the RAID, unique and unchangeable. Lower-case letters, digits and '-'. With the name of the ZeoRaid"
                  + " at most 51 characters.")
          String name,
      @JsonPropertyDescription(
              "A ZEO server that the operator runs, with a volume of its own. This is what a backend is if it is not external.")
          @Nullable ManagedBackend managed,
      @JsonPropertyDescription(
              "A ZEO server that somebody else runs. It must belong to this RAID alone: nobody else may write to it.")
          @Nullable ExternalBackend external) {}
}
