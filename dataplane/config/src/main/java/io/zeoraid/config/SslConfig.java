package io.zeoraid.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * An {@code <ssl>} section of {@code <zeo>} or of a backend. Only parsed: whether TLS is supported
 * is for the server to say.
 *
 * @param certificate file with the certificate
 * @param key file with the key of the certificate, if it is not in the same file
 * @param passwordFunction dotted name of a Python function which gives the key's password
 * @param authenticate file or directory with the certificates to trust; in {@code <zeo>} also
 *     {@code SIGNED} or {@code DYNAMIC}. Always there in {@code <zeo>}
 * @param checkHostname backends only, default true: the certificate must be for the host
 * @param serverHostname backends only: the host name to expect in the certificate instead of the
 *     address's
 */
public record SslConfig(
    Path certificate,
    Optional<Path> key,
    Optional<String> passwordFunction,
    Optional<String> authenticate,
    boolean checkHostname,
    Optional<String> serverHostname) {}
