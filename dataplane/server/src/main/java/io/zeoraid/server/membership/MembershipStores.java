package io.zeoraid.server.membership;

import io.zeoraid.config.MembershipPlace;
import java.io.IOException;

/** Opens the store that a configuration names. */
public final class MembershipStores {

  private MembershipStores() {}

  /**
   * Opens the store. Whether Kubernetes answers only its use shows.
   *
   * @throws IOException if it can't be used; the message is for people
   */
  public static MembershipStore open(MembershipPlace place) throws IOException {
    return switch (place) {
      case MembershipPlace.File(var path) -> FileMembershipStore.open(path);
      case MembershipPlace.Kubernetes(var namespace, var name) ->
          KubernetesMembershipStore.open(namespace, name);
    };
  }
}
