# Packer settings for the guest that unattend.toml describes, made with its medium.
# The options fit any builder that installs from an ISO: change qemu, and add disk, memory, network.
# Packer 1.7 and later: add the builder's plugin (packer plugins install).
# The password comes from the environment: UNATTEND_WINRM_PASSWORD.

variable "iso_url" {
  type = string
}

variable "iso_checksum" {
  type = string
}

variable "winrm_password" {
  type      = string
  default   = env("UNATTEND_WINRM_PASSWORD")
  sensitive = true
}

source "qemu" "windows" {
  iso_url      = var.iso_url
  iso_checksum = var.iso_checksum

  # A guest on UEFI reads no floppy. Packer needs xorriso or the like for it.
  cd_files = [
    "${path.root}/../Autounattend.xml",
    "${path.root}/../winrmConfig.bat",
    "${path.root}/../winrmClose.bat",
    "${path.root}/../$OEM$",
  ]

  cd_label       = "UNATTEND"
  communicator   = "winrm"
  winrm_username = "packer"
  winrm_password = var.winrm_password

  # Also what Packer allows every single command; the guest's MaxTimeoutms is not less.
  winrm_timeout = "30m"

  # Packer authenticates by NTLM and then sends its messages in the clear (hashicorp/packer#6205), so the
  # guest has AllowUnencrypted on.
  winrm_use_ntlm = true

  # The end that the spec gives the build, which also turns the guest off. unattend's runner left it there.
  shutdown_command = "cmd.exe /d /c \"%SystemRoot%\\Setup\\Scripts\\unattend\\build-end.cmd\""
}

build {
  sources = ["source.qemu.windows"]
}
