package io.zeoraid.crd;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/** A RAID of ZEO servers, as somebody wishes it to be. */
@Group("zeoraid.io")
@Version("v1alpha1")
@ShortNames("zr")
@AdditionalPrinterColumn(
    name = "Status",
    jsonPath = ".status.raid",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Optimal",
    jsonPath = ".status.optimal",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Servers",
    jsonPath = ".status.servers",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Recovering",
    jsonPath = ".status.recovering",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
    value =
        "self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    message =
        "metadata.name must have at most 40 characters: lower-case letters, digits and '-', the first a letter")
@ValidationRule(
    value =
        "self.spec.backends.all(b, size(self.metadata.name) + size(b.name) <= 51) || size(self.metadata.name) > 40",
    message =
        "metadata.name and the name of a backend in spec.backends must have at most 51 characters together")
@ValidationRule(
    value =
        "self.spec == oldSelf.spec || !has(oldSelf.status) || !has(oldSelf.status.backends)"
            + " || oldSelf.status.backends.all(s, s.state != 'InSync')"
            + " || oldSelf.status.backends.exists(s, s.state == 'InSync' && self.spec.backends.exists(b, b.name == s.name))",
    message =
        "spec.backends must keep a backend that is in sync (status.backends tells which are); else all data would be lost")
@ValidationRule(
    value =
        "(has(oldSelf.spec.servers) && has(oldSelf.spec.servers.tls)) == (has(self.spec.servers) && has(self.spec.servers.tls))"
            + " || !has(oldSelf.status)"
            + " || (has(oldSelf.spec.hibernated) && oldSelf.spec.hibernated"
            + " && has(oldSelf.status.replicas) && oldSelf.status.replicas == 0)",
    message =
        "spec.servers.tls can be added or removed only while spec.hibernated is true and no server runs (status.replicas is 0):"
            + " servers with and without TLS don't understand each other")
public final class ZeoRaid extends CustomResource<ZeoRaidSpec, ZeoRaidStatus>
    implements Namespaced {

  private static final long serialVersionUID = 1;

  @Override
  protected @Nullable ZeoRaidSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable ZeoRaidStatus initStatus() {
    return null;
  }
}
