package io.zeoraid.operator.plan;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the servers may do: keep the membership record and the heartbeat of this RAID, no other. */
final class Access {
  private Access() {}

  static List<HasMetadata> all(Raid raid) {
    List<PolicyRule> rules = new ArrayList<>();
    rules.addAll(
        rules(raid, "zeoraid.io", "zeoraidmemberships", List.of("get", "list", "patch", "watch")));
    rules.addAll(rules(raid, "coordination.k8s.io", "leases", List.of("get", "patch", "update")));
    return List.of(
        new ServiceAccountBuilder().withMetadata(raid.meta(raid.serversName(), Map.of())).build(),
        new RoleBuilder()
            .withMetadata(raid.meta(raid.serversName(), Map.of()))
            .withRules(rules)
            .build(),
        new RoleBindingBuilder()
            .withMetadata(raid.meta(raid.serversName(), Map.of()))
            .withNewRoleRef("rbac.authorization.k8s.io", "Role", raid.serversName())
            .addNewSubject()
            .withKind("ServiceAccount")
            .withName(raid.serversName())
            .withNamespace(raid.resource.getMetadata().getNamespace())
            .endSubject()
            .build());
  }

  private static List<PolicyRule> rules(
      Raid raid, String group, String resource, List<String> verbs) {
    return List.of(
        // Creating can't be bound to a name.
        new PolicyRuleBuilder()
            .withApiGroups(group)
            .withResources(resource)
            .withVerbs("create")
            .build(),
        new PolicyRuleBuilder()
            .withApiGroups(group)
            .withResources(resource)
            .withResourceNames(raid.name())
            .withVerbs(verbs)
            .build());
  }
}
