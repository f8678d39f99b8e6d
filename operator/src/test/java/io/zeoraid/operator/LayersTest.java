package io.zeoraid.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class LayersTest {
  @Test
  void whatDecidesHasNoClientAndNoClock() {
    noClasses()
        .that()
        .resideInAnyPackage("io.zeoraid.operator.plan", "io.zeoraid.operator.status")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8.kubernetes.client..",
            "io.javaoperatorsdk..",
            "io.grpc..",
            "io.quarkus..",
            "io.zeoraid.operator.servers",
            "io.zeoraid.operator.reconcile",
            "io.zeoraid.operator.app")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Clock")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.zeoraid.operator"));
  }
}
