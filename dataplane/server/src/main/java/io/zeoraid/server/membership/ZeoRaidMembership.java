package io.zeoraid.server.membership;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The membership record as a custom resource. Its fields, their bounds and the steps that the API
 * server refuses stand in {@code crds/zeoraidmemberships.zeoraid.io-v1.yml}. What comes from the
 * API server may lack anything.
 */
@Group("zeoraid.io")
@Version("v1alpha1")
final class ZeoRaidMembership extends CustomResource<ZeoRaidMembership.Spec, Void>
    implements Namespaced {

  /** What {@code kubectl} and Roles call the resource. */
  static final String RESOURCE = "zeoraidmemberships.zeoraid.io";

  /** The record itself. */
  record Spec(
      @Nullable Long revision,
      @Nullable Long epoch,
      @Nullable String primary,
      @Nullable String address,
      @Nullable Integer number,
      @Nullable String lastTid,
      @Nullable String nextOid,
      @Nullable List<String> inSync,
      @Nullable List<Backend> backends) {}

  /** The state of one backend. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Backend(
      @Nullable String name,
      @Nullable String state,
      @Nullable String reason,
      @Nullable String text) {}

  @Override
  protected @Nullable Spec initSpec() {
    return null;
  }

  @Override
  protected @Nullable Void initStatus() {
    return null;
  }
}
