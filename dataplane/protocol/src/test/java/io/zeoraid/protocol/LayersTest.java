package io.zeoraid.protocol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The protocol is bytes and records: no sockets, no threads, no clock, no reflection. */
@AnalyzeClasses(
    packages = "io.zeoraid.protocol",
    importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {

  @ArchTest
  static final ArchRule NEEDS_ONLY_THE_JDK_AND_MSGPACK =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("io.zeoraid.protocol", "java..", "org.msgpack..", "org.jspecify..");

  @ArchTest
  static final ArchRule DOES_NO_IO =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.net..",
              "java.nio.channels..",
              "java.nio.file..",
              "java.util.concurrent..",
              "java.time..",
              "java.lang.reflect..",
              "java.lang.invoke..");

  @ArchTest
  static final ArchRule MAKES_NO_OBJECTS_OF_STREAMS =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");
}
