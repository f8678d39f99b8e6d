package io.zeoraid.operator.app;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** What the operator is started with; {@code docs/operator.md} explains it. */
@ConfigMapping(prefix = "zeoraid")
interface OperatorConfig {
  /** The image of the servers, where a ZeoRaid names none. */
  String serverImage();

  /** The image of the backends, where a ZeoRaid names none. */
  String backendImage();

  /** Where the operator runs. */
  String namespace();

  /** The name of its pod. */
  String instance();

  /** Where ZeoRaids are looked after; everywhere if not set. */
  Optional<Set<String>> watchNamespaces();

  /** Whether only one of several operators works at a time. */
  @WithDefault("true")
  boolean leaderElection();

  /** The folder with the operator's certificate for control services with TLS, if it has one. */
  Optional<String> controlTlsFolder();

  /** How long a server has to answer. */
  @WithDefault("3s")
  Duration serverDeadline();
}
