package io.zeoraid.operator.reconcile;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.status.Transitions.Happening;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Writes Events. The name of an Event follows from what happened and from the version of the
 * ZeoRaid before it: an operator that is killed before it has written the status makes no second
 * one.
 */
final class EventLog {
  private static final Logger LOG = Logger.getLogger(EventLog.class);
  private static final int NOTE_LENGTH = 1024;
  private static final int CONFLICT = 409;
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final KubernetesClient client;
  private final String instance;

  /**
   * @param instance the name of the operator's pod
   */
  EventLog(KubernetesClient client, String instance) {
    this.client = client;
    this.instance = instance;
  }

  /** Writes one; an Event that can't be written is logged, and holds nothing up. */
  void tell(ZeoRaid about, Happening happening, Instant now) {
    LOG.infof(
        "%s/%s: %s",
        about.getMetadata().getNamespace(), about.getMetadata().getName(), happening.note());
    try {
      client.resource(event(about, happening, now)).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        LOG.warnf("no Event for \"%s\": %s", happening.note(), e.getMessage());
      }
    }
  }

  private Event event(ZeoRaid about, Happening happening, Instant now) {
    var meta = about.getMetadata();
    String identity = meta.getUid() + meta.getResourceVersion() + happening;
    UUID id = UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8));
    String note = happening.note();
    return new EventBuilder()
        .withNewMetadata()
        .withName(meta.getName() + "." + id)
        .withNamespace(meta.getNamespace())
        .endMetadata()
        .withEventTime(new MicroTime(MICROS.format(now)))
        .withReportingController("zeoraid.io/operator")
        .withReportingInstance(instance)
        .withAction("Reconcile")
        .withReason(happening.reason())
        .withType(happening.warning() ? "Warning" : "Normal")
        .withNote(note.length() > NOTE_LENGTH ? note.substring(0, NOTE_LENGTH) : note)
        .withNewRegarding()
        .withApiVersion(about.getApiVersion())
        .withKind(about.getKind())
        .withName(meta.getName())
        .withNamespace(meta.getNamespace())
        .withUid(meta.getUid())
        .endRegarding()
        .build();
  }
}
