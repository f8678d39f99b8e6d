package io.zeoraid.operator.app;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.zeoraid.crd.ZeoRaid;
import io.zeoraid.operator.reconcile.Found;
import io.zeoraid.operator.reconcile.Reconciliation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Hands the operator SDK's events on to {@link Reconciliation}. Who belongs to which ZeoRaid is
 * told by the label {@code zeoraid.io/raid}; whether it may be touched, by its owner.
 */
final class ZeoRaidReconciler implements Reconciler<ZeoRaid> {
  private static final String RAID = "zeoraid.io/raid";
  private static final String OURS = RAID + ",app.kubernetes.io/managed-by=zeoraid-operator";
  private static final List<Class<? extends HasMetadata>> CHILDREN =
      List.of(
          ServiceAccount.class,
          Role.class,
          RoleBinding.class,
          NetworkPolicy.class,
          ConfigMap.class,
          Service.class,
          StatefulSet.class,
          PodDisruptionBudget.class,
          Deployment.class);

  private final Reconciliation reconciliation;

  private final MeterRegistry meters;

  ZeoRaidReconciler(Reconciliation reconciliation, MeterRegistry meters) {
    this.reconciliation = reconciliation;
    this.meters = meters;
  }

  @Override
  public List<EventSource<?, ZeoRaid>> prepareEventSources(EventSourceContext<ZeoRaid> context) {
    List<EventSource<?, ZeoRaid>> sources = new ArrayList<>();
    CHILDREN.forEach(kind -> sources.add(informer(kind, OURS, context)));
    // Those in which Zope runs as well are not the operator's.
    sources.add(informer(Pod.class, RAID, context));
    sources.add(informer(PersistentVolumeClaim.class, OURS, context));
    return sources;
  }

  private static <T extends HasMetadata> EventSource<?, ZeoRaid> informer(
      Class<T> kind, String selector, EventSourceContext<ZeoRaid> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(kind, ZeoRaid.class)
            .withLabelSelector(selector)
            .withNamespacesInheritedFromController()
            .withSecondaryToPrimaryMapper(ZeoRaidReconciler::raid)
            .build(),
        context);
  }

  private static Set<ResourceID> raid(HasMetadata object) {
    Map<String, String> labels = object.getMetadata().getLabels();
    String raid = labels == null ? null : labels.get(RAID);
    return raid == null
        ? Set.of()
        : Set.of(new ResourceID(raid, object.getMetadata().getNamespace()));
  }

  @Override
  public UpdateControl<ZeoRaid> reconcile(ZeoRaid wish, Context<ZeoRaid> context) {
    List<HasMetadata> children = new ArrayList<>();
    CHILDREN.forEach(kind -> children.addAll(context.getSecondaryResources(kind)));
    Found found =
        new Found(
            children,
            List.copyOf(context.getSecondaryResources(Pod.class)),
            List.copyOf(context.getSecondaryResources(PersistentVolumeClaim.class)));
    UpdateControl<ZeoRaid> control = UpdateControl.noUpdate();
    Timer.Sample round = Timer.start(meters);
    String outcome = "failed";
    try {
      Optional<Duration> next = reconciliation.round(wish, found);
      outcome = "done";
      return next.map(control::rescheduleAfter).orElse(control);
    } finally {
      round.stop(meters.timer("zeoraid.operator.rounds", "outcome", outcome));
    }
  }
}
