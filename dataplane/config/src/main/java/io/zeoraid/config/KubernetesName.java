package io.zeoraid.config;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The name of an object in Kubernetes, with or without its namespace: a DNS subdomain and a DNS
 * label (RFC 1123), as the API server checks them.
 */
final class KubernetesName {

  private static final int MAX_LABEL = 63;
  private static final int MAX_SUBDOMAIN = 253;
  private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[-a-z0-9]*[a-z0-9])?");

  private KubernetesName() {}

  static DataType<MembershipPlace.Kubernetes> type() {
    return new DataType<>(
        "NAME or NAMESPACE/NAME of a ZeoRaidMembership", (text, _) -> convert(text));
  }

  private static Conversion<MembershipPlace.Kubernetes> convert(String text) {
    int slash = text.indexOf('/');
    Optional<String> namespace =
        slash < 0 ? Optional.empty() : Optional.of(text.substring(0, slash));
    String name = text.substring(slash + 1);
    if (namespace.isPresent() && !isLabel(namespace.get())) {
      return Conversion.unsuitable(
          "a namespace has 1 to %d lower-case letters, digits and '-', with a letter or digit at both ends"
              .formatted(MAX_LABEL));
    }
    if (!isSubdomain(name)) {
      return Conversion.unsuitable(
          "a name has 1 to %d lower-case letters, digits, '-' and '.', with a letter or digit at both ends"
              .formatted(MAX_SUBDOMAIN));
    }
    return Conversion.of(new MembershipPlace.Kubernetes(namespace, name));
  }

  private static boolean isLabel(String text) {
    return text.length() <= MAX_LABEL && LABEL.matcher(text).matches();
  }

  private static boolean isSubdomain(String text) {
    if (text.length() > MAX_SUBDOMAIN) {
      return false;
    }
    for (String part : text.split("\\.", -1)) {
      if (!LABEL.matcher(part).matches()) {
        return false;
      }
    }
    return true;
  }
}
