package io.zeoraid.server.membership;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import org.jspecify.annotations.Nullable;

/** Why the API server gave no answer, in words that say what to do. */
final class KubernetesTrouble {
  private static final int UNPROCESSABLE = 422;

  private KubernetesTrouble() {}

  /**
   * What happened, to be the message of a stage that ends exceptionally.
   *
   * @param what was asked, such as {@code read ZeoRaidMembership zope/main}
   * @param namespace where the Role is needed
   */
  static IllegalStateException of(String what, String namespace, KubernetesClientException e) {
    return new IllegalStateException("can't " + what + ": " + words(namespace, e), e);
  }

  private static String words(String namespace, KubernetesClientException e) {
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_FORBIDDEN ->
          "it is forbidden ("
              + reply(e)
              + "). In namespace "
              + namespace
              + " this server needs a Role with get, create, patch and watch on "
              + ZeoRaidMembership.RESOURCE
              + ", and get, create, patch and update on leases.coordination.k8s.io";
      case HttpURLConnection.HTTP_UNAUTHORIZED ->
          "the API server does not accept the credentials of this server ("
              + reply(e)
              + "); it needs the token of a service account, or a kubeconfig";
      case UNPROCESSABLE -> "the API server refuses such a record: " + reply(e);
      // The client's own code, if there is none of HTTP.
      case -1, 0 -> "the API server does not answer: " + root(e);
      default -> "the API server says " + e.getCode() + ": " + reply(e);
    };
  }

  private static String reply(KubernetesClientException e) {
    @Nullable Status status = e.getStatus();
    String message = status == null ? null : status.getMessage();
    return message == null || message.isEmpty() ? String.valueOf(e.getMessage()) : message;
  }

  /** The innermost reason: those around it repeat it. */
  private static String root(Throwable e) {
    Throwable innermost = e;
    for (Throwable next = e.getCause(); next != null; next = next.getCause()) {
      innermost = next;
    }
    String message = innermost.getMessage();
    return message == null || message.isEmpty() ? innermost.getClass().getSimpleName() : message;
  }
}
