package io.zeoraid.server.membership;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.membership.BackendState;
import io.zeoraid.raid.membership.MembershipRecord;
import io.zeoraid.raid.membership.OutReason;
import io.zeoraid.raid.membership.Stored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The membership record from and to a {@link ZeoRaidMembership}. Pure. */
final class MembershipResource {
  private static final String IN_SYNC = "InSync";
  private static final String RECOVERING = "Recovering";
  private static final String OUT = "Out";

  private MembershipResource() {}

  /**
   * @param version the {@code resourceVersion} that it must have; empty for one that must not exist
   */
  static ZeoRaidMembership of(
      String namespace, String name, Optional<String> version, MembershipRecord record) {
    ZeoRaidMembership resource = new ZeoRaidMembership();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(namespace)
            .withName(name)
            .withResourceVersion(version.orElse(null))
            .build());
    List<ZeoRaidMembership.Backend> backends = new ArrayList<>();
    record.backends().forEach((backend, state) -> backends.add(entry(backend, state)));
    resource.setSpec(
        new ZeoRaidMembership.Spec(
            record.revision(),
            record.epoch(),
            record.primary(),
            record.address(),
            record.number(),
            record.lastTid().toString(),
            Long.toUnsignedString(record.nextOid()),
            record.inSync().stream().map(BackendName::value).toList(),
            backends));
    return resource;
  }

  private static ZeoRaidMembership.Backend entry(BackendName name, BackendState state) {
    return switch (state) {
      case BackendState.InSync _ ->
          new ZeoRaidMembership.Backend(name.value(), IN_SYNC, null, null);
      case BackendState.Recovering _ ->
          new ZeoRaidMembership.Backend(name.value(), RECOVERING, null, null);
      case BackendState.Out(OutReason reason, String text) ->
          new ZeoRaidMembership.Backend(name.value(), OUT, capitalized(reason), text);
    };
  }

  /** {@code FAILED} → {@code Failed}. */
  private static String capitalized(OutReason reason) {
    return reason.name().charAt(0) + reason.name().substring(1).toLowerCase(Locale.ROOT);
  }

  /**
   * @throws IllegalArgumentException if it is not such a record; says what is wrong
   */
  static Stored stored(ZeoRaidMembership resource) {
    ZeoRaidMembership.@Nullable Spec spec = resource.getSpec();
    if (spec == null) {
      throw new IllegalArgumentException("it has no spec");
    }
    SortedMap<BackendName, BackendState> backends = new TreeMap<>();
    for (ZeoRaidMembership.Backend backend : given("backends", spec.backends())) {
      BackendName name = new BackendName(given("name", backend.name()));
      if (backends.put(name, state(backend)) != null) {
        throw new IllegalArgumentException("the backend " + name + " is there twice");
      }
    }
    return new Stored(
        given("resourceVersion", resource.getMetadata().getResourceVersion()),
        new MembershipRecord(
            given("revision", spec.revision()),
            given("epoch", spec.epoch()),
            given("primary", spec.primary()),
            given("address", spec.address()),
            given("number", spec.number()),
            backends,
            new Tid(Long.parseUnsignedLong(given("lastTid", spec.lastTid()), 16)),
            Long.parseUnsignedLong(given("nextOid", spec.nextOid()))));
  }

  private static <T> T given(String field, @Nullable T value) {
    if (value == null) {
      throw new IllegalArgumentException(field + " is missing");
    }
    return value;
  }

  private static BackendState state(ZeoRaidMembership.Backend backend) {
    return switch (given("state", backend.state())) {
      case IN_SYNC -> BackendState.IN_SYNC;
      case RECOVERING -> BackendState.RECOVERING;
      case OUT -> {
        String text = backend.text();
        yield new BackendState.Out(
            reason(given("reason", backend.reason())), text == null ? "" : text);
      }
      case String other ->
          throw new IllegalArgumentException(
              "a backend's state is InSync, Recovering or Out, not " + other);
    };
  }

  private static OutReason reason(String word) {
    for (OutReason reason : OutReason.values()) {
      if (capitalized(reason).equals(word)) {
        return reason;
      }
    }
    throw new IllegalArgumentException(
        "the reason is one of "
            + Arrays.stream(OutReason.values()).map(MembershipResource::capitalized).toList()
            + ", not "
            + word);
  }
}
