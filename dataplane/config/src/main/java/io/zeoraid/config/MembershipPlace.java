package io.zeoraid.config;

import java.nio.file.Path;
import java.util.Optional;

/** Where the membership record of a storage is kept, for all its ZEORaid servers. */
public sealed interface MembershipPlace {

  /**
   * A file, for the servers of one machine.
   *
   * @param path absolute, or joined to the directory of the file that names it
   */
  record File(Path path) implements MembershipPlace {}

  /**
   * A {@code ZeoRaidMembership} in Kubernetes, for servers on several machines.
   *
   * @param namespace default: that of the service account or the kubeconfig
   */
  record Kubernetes(Optional<String> namespace, String name) implements MembershipPlace {

    /** As it stands in a configuration file: {@code NAME} or {@code NAMESPACE/NAME}. */
    @Override
    public String toString() {
      return namespace.map(it -> it + "/").orElse("") + name;
    }
  }
}
