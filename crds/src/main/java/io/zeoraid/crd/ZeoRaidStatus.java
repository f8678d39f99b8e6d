package io.zeoraid.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator has seen of a RAID. Only what changes seldom: a number that grows with each
 * transaction is a metric of the servers.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ZeoRaidStatus(
    @JsonPropertyDescription("The generation of the spec that this status is about.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "The state of the whole RAID, as its primary server says. Unknown: no server tells, or none is in office; the"
                + " condition Ready says which.")
        @Nullable State raid,
    @JsonPropertyDescription("Backends in sync, of all backends, such as 2/3.")
        @Nullable String optimal,
    @JsonPropertyDescription("Servers that are ready, of those wished for, such as 2/2.")
        @Nullable String servers,
    @JsonPropertyDescription("The names of the backends that are being rebuilt, with commas.")
        @Nullable String recovering,
    @StatusReplicas @JsonPropertyDescription("The servers that there are, for kubectl scale.")
        @Nullable Integer replicas,
    @LabelSelector @JsonPropertyDescription("The labels of the servers' pods, for autoscalers.")
        @Nullable String selector,
    @Size(max = 16) @JsonPropertyDescription("Each backend, as last seen.")
        @Nullable List<BackendStatus> backends,
    @JsonPropertyDescription("How far the packs are that spec.pack wishes.")
        @Nullable PackStatus pack,
    @Size(max = 16) @JsonPropertyDescription(
            "Ready: clients are served. Reconciling: what runs is not yet as the spec says. Stalled: the operator can't go on by"
                + " itself; the message says what would help. Degraded: a backend is out of sync. Recovering: one is being"
                + " rebuilt. DataLossSuspected: the backends show less than what is known to be committed; nothing is served"
                + " until a person has decided.")
        @Nullable List<ConditionStatus> conditions) {

  /** The state of a whole RAID, in the words of gocept.zeoraid. */
  public enum State {
    /** All backends are in sync. */
    Optimal,
    /** At least one backend is in sync, and one is out. */
    Degraded,
    /** A backend is being rebuilt. */
    Recovering,
    /** Nothing can be served. */
    Failed,
    /** No server tells. */
    Unknown,
    /** Stopped by the spec. */
    Hibernated
  }

  /** One backend, as last seen. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record BackendStatus(
      @Required @Size(min = 1, max = 100) @JsonPropertyDescription("Its name.") String name,
      @Required
          @JsonPropertyDescription(
              "InSync: it holds every acknowledged transaction. Recovering: it is being rebuilt. Out: it takes no part. Unknown:"
                  + " no server tells.")
          BackendState state,
      @JsonPropertyDescription(
              "Why it is not in sync, in a word: Failed, Missing, Diverged or Disabled, as the servers say; PodMissing,"
                  + " PodNotReady, VolumePending, ImageUnavailable or WaitingForNodeFencing, as Kubernetes says.")
          @Nullable String reason,
      @JsonPropertyDescription("The same for people, and what would help.")
          @Nullable String message,
      @JsonPropertyDescription(
              "The UID of its pod: another one is a pod that was replaced. While a backend is out, this stays the UID of the pod"
                  + " with which it went out, which may be gone, until the servers have begun to recover it with a new one.")
          @Nullable String podUid,
      @JsonPropertyDescription("The name of its PersistentVolumeClaim.") @Nullable String claim,
      @JsonPropertyDescription(
              "The UID of its claim: another one is a volume that was replaced. While a backend is out, this stays the UID of the"
                  + " claim with which it went out, which may be gone, until the servers have begun to recover it with the new"
                  + " one. The annotation zeoraid.io/reprovision names the UID of the claim that there is.")
          @Nullable String claimUid) {}

  /** The state of a backend. */
  public enum BackendState {
    /** It holds every acknowledged transaction. */
    InSync,
    /** It is being rebuilt. */
    Recovering,
    /** It takes no part. */
    Out,
    /** No server tells. */
    Unknown
  }

  /** How far the packs are that somebody wishes by a schedule. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record PackStatus(
      @Required
          @JsonPropertyDescription(
              "Waiting: for the next time. Postponed: one is due, but something is in its way. Packing: one is under way."
                  + " Suspended: by spec.pack.suspend. Invalid: the schedule can't be followed.")
          PackState state,
      @JsonPropertyDescription("The same for people: what is in its way, or how far it is.")
          @Nullable String message,
      @JsonPropertyDescription("The schedule and its time zone that nextTime was taken from.")
          @Nullable String schedule,
      @JsonPropertyDescription(
              "When the next one is due, in UTC; while one is postponed, when that was due.")
          @Nullable String nextTime,
      @JsonPropertyDescription("When the pack was due that is under way, in UTC.")
          @Nullable String dueTime,
      @JsonPropertyDescription(
              "How often the servers were asked for the pack that is under way: once more if nobody knows what came of it.")
          @Nullable Integer asked,
      @JsonPropertyDescription("When the last one ended, in UTC.") @Nullable String lastTime,
      @JsonPropertyDescription(
              "What came of the last one. Packed: all backends are packed. Failed: not all of them, or none, or nobody knows.")
          @Nullable PackResult lastResult,
      @JsonPropertyDescription("The same for people.") @Nullable String lastOutcome) {}

  /** Where the packs are. */
  public enum PackState {
    /** For the next time. */
    Waiting,
    /** One is due, but something is in its way. */
    Postponed,
    /** One is under way. */
    Packing,
    /** By the spec. */
    Suspended,
    /** The schedule can't be followed. */
    Invalid
  }

  /** What came of a pack. */
  public enum PackResult {
    /** All backends are packed. */
    Packed,
    /** Not all of them, or none, or nobody knows. */
    Failed
  }

  /** A condition, as everywhere in Kubernetes. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ConditionStatus(
      @Required @Size(min = 1, max = 316) @JsonPropertyDescription("Its name.") String type,
      @Required @JsonPropertyDescription("True, False or Unknown.") Truth status,
      @JsonPropertyDescription("The generation of the spec that it is about.")
          @Nullable Long observedGeneration,
      @Required @JsonPropertyDescription("When its status changed last, in UTC.")
          String lastTransitionTime,
      @Required @Size(min = 1, max = 1024) @JsonPropertyDescription("Why, in a word for programs.")
          String reason,
      @Required @Size(max = 32768) @JsonPropertyDescription("Why, for people.") String message) {}

  /** Whether a condition holds. */
  public enum Truth {
    /** It holds. */
    True,
    /** It does not hold. */
    False,
    /** Nobody knows. */
    Unknown
  }
}
