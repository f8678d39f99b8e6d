package io.zeoraid.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code <ssl>}: {@code ZEO/server.xml} in {@code <zeo>}, {@code ZEO/component.xml} in a backend.
 */
final class SslReader {

  private static final Key.Used<Path> CERTIFICATE = Key.of("certificate", DataTypes.path());
  private static final Key.Used<Path> KEY = Key.of("key", DataTypes.path());
  private static final Key.Used<String> PASSWORD_FUNCTION =
      Key.of("password-function", DataTypes.text());
  private static final Key.Used<String> AUTHENTICATE = Key.of("authenticate", DataTypes.text());
  private static final Key.Used<Boolean> CHECK_HOSTNAME =
      Key.of("check-hostname", DataTypes.yesOrNo(), "yes");
  private static final Key.Used<String> SERVER_HOSTNAME =
      Key.of("server-hostname", DataTypes.text());

  static final SectionType SERVER =
      new SectionType("ssl", List.of(CERTIFICATE, KEY, PASSWORD_FUNCTION, AUTHENTICATE));
  static final SectionType CLIENT =
      new SectionType(
          "ssl",
          List.of(
              CERTIFICATE, KEY, PASSWORD_FUNCTION, AUTHENTICATE, CHECK_HOSTNAME, SERVER_HOSTNAME));

  /** The name of the section type, as a set to pick sections with. */
  static final Set<String> SECTIONS = Set.of("ssl");

  private SslReader() {}

  static Optional<SslConfig> server(Section container, SectionNode node) {
    Section section = container.inner(SERVER, node);
    Optional<String> authenticate = section.require(AUTHENTICATE);
    return read(section, authenticate, true, Optional.empty());
  }

  static Optional<SslConfig> client(Section container, SectionNode node) {
    Section section = container.inner(CLIENT, node);
    return read(
        section,
        section.find(AUTHENTICATE),
        section.get(CHECK_HOSTNAME),
        section.find(SERVER_HOSTNAME));
  }

  private static Optional<SslConfig> read(
      Section section,
      Optional<String> authenticate,
      boolean checkHostname,
      Optional<String> serverHostname) {
    section.sections(Set.of());
    Optional<Path> key = section.find(KEY);
    Optional<String> passwordFunction = section.find(PASSWORD_FUNCTION);
    return section
        .require(CERTIFICATE)
        .map(certificate ->
            new SslConfig(
                certificate, key, passwordFunction, authenticate, checkHostname, serverHostname));
  }
}
