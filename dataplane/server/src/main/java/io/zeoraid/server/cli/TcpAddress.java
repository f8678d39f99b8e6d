package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code HOST:PORT} on the command line; {@code [::1]:18100} for IPv6. */
final class TcpAddress implements ITypeConverter<Address.Tcp> {

  @Override
  public Address.Tcp convert(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    if (host.isEmpty()) {
      throw expected(text);
    }
    try {
      return new Address.Tcp(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw expected(text);
    }
  }

  private static TypeConversionException expected(String text) {
    return new TypeConversionException(
        "'" + text + "' is not HOST:PORT, such as 127.0.0.1:18100 or [::1]:18100");
  }
}
