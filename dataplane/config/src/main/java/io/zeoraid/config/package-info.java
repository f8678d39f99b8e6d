/**
 * Reads {@code zeo.conf} into checked records: the syntax of ZConfig, the sections of ZEO and of
 * gocept.zeoraid, and our own keys.
 *
 * <p>Entry: {@link io.zeoraid.config.ServerConfig#load}. Nothing here opens a socket, writes a file
 * or reads the process environment; the environment is a parameter.
 *
 * <p>Source: {@code ZConfig/cfgparser.py}, {@code ZConfig/datatypes.py}, {@code ZEO/server.xml},
 * {@code ZEO/component.xml} and {@code ZODB/component.xml} of ZConfig 4.3, ZEO 6.2 and ZODB 6.4.
 * The keys are described in {@code docs/configuration.md}; a test compares that page with this
 * package.
 */
@NullMarked
package io.zeoraid.config;

import org.jspecify.annotations.NullMarked;
