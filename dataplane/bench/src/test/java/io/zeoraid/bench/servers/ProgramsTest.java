package io.zeoraid.bench.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramsTest {
  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir private Path folder;
  private Path jar = Path.of("");
  private Path exe = Path.of("");
  private Path cache = Path.of("");

  @BeforeEach
  void build() throws Exception {
    jar = Files.createDirectories(folder.resolve("app")).resolve("quarkus-run.jar");
    exe = folder.resolve("zeoraid");
    cache = folder.resolve("learned");
    Files.writeString(jar, "jar");
    Files.setLastModifiedTime(jar, LONG_AGO);
    Files.writeString(exe, "exe");
    assertTrue(exe.toFile().setExecutable(true));
    Files.writeString(cache, "cache");
  }

  private Programs programs(@Nullable Path serverNative, @Nullable Path serverAot) {
    return new Programs(Path.of("python"), jar, serverNative, serverAot);
  }

  private static List<String> names(Programs programs) {
    return programs.executables(List.of()).stream().map(Executable::name).toList();
  }

  @Test
  void hasTheFormsThatAreGiven() {
    assertEquals(List.of("jvm"), names(programs(null, null)));
    assertEquals(List.of("native", "jvm"), names(programs(exe, null)));
    assertEquals(List.of("native", "jvm", "jvm-aot"), names(programs(exe, cache)));
  }

  @Test
  void optionsAreForJvms() {
    List<Executable> all = programs(exe, cache).executables(List.of("-Xmx1g"));
    assertEquals(List.of(exe.toString(), "serve"), all.get(0).with("serve"));
    assertTrue(all.get(1).command().contains("-Xmx1g"));
    assertTrue(all.get(2).command().contains("-Xmx1g"));
    assertTrue(all.get(2).command().contains("-XX:AOTMode=on"), "else it may start without it");
  }

  @Test
  void copiesAllForms() throws Exception {
    Path copies = Files.createDirectory(folder.resolve("copies"));
    List<Executable> copied = programs(exe, cache).copied(copies).executables(List.of());
    Path copiedExe = Path.of(copied.get(0).command().getFirst());
    Path copiedJar = Path.of(copied.get(1).command().getLast());
    assertTrue(copiedExe.startsWith(copies) && Files.isExecutable(copiedExe));
    assertTrue(copiedJar.startsWith(copies));
    assertEquals(LONG_AGO, Files.getLastModifiedTime(copiedJar), "an AOT cache is for this time");
    assertTrue(copied.get(2).command().toString().contains(copies.toString() + "/zeoraid.aot"));
  }
}
